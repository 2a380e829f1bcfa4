#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""schema.py MANIFEST...: each one is what docs/manifest.schema.json says.

schema.py --mutate MANIFEST LPBUILD: key by key, takes keys away, adds others, and changes the kind of
values; the schema and the reader of lpbuild have to agree about each of these.
"""
import copy
import json
import os
import subprocess
import sys
import tempfile

import jsonschema
import yaml

top = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
with open(os.path.join(top, 'docs', 'manifest.schema.json'), encoding='utf-8') as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)


def load(path):
    with open(path, encoding='utf-8') as text:
        return yaml.safe_load(text)


def places(value, path=()):
    """Where a map is: its path in the document."""
    if isinstance(value, dict):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, path + (key,))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def mutants(document):
    for path in places(document):
        other = copy.deepcopy(document)
        at(other, path)['no-such-key'] = 'x'
        yield f'{path}: a key too many', other
        for key, value in at(document, path).items():
            other = copy.deepcopy(document)
            del at(other, path)[key]
            yield f'{path}: without {key}', other
            other = copy.deepcopy(document)
            at(other, path)[key] = 'x' if not isinstance(value, str) else 7 if value == '' else ['x']
            yield f'{path}: {key} is of another kind', other


def agrees(document, lpbuild):
    """The reader's verdict and the schema's, about one document."""
    with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
        yaml.dump(document, file, Dumper=yaml.CSafeDumper, sort_keys=False, default_flow_style=None, width=10**6)
        file.flush()
        run = subprocess.run([lpbuild, 'show', file.name], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if run.returncode not in (0, 1):
        sys.exit(f'lpbuild show ended with {run.returncode}')
    return run.returncode == 0, validator.is_valid(document), run.stderr.decode()


if sys.argv[1] == '--mutate':
    bad = count = 0
    for what, mutant in mutants(load(sys.argv[2])):
        taken, valid, said = agrees(mutant, sys.argv[3])
        count += 1
        if taken != valid:
            bad += 1
            print(f'{what}: reader {taken}, schema {valid} {said}')
    print(f'{count} documents, {bad} judged differently')
    sys.exit(bad > 0 or count < 100)
for name in sys.argv[1:]:
    for error in validator.iter_errors(load(name)):
        sys.exit(f'{name}: {list(error.absolute_path)}: {error.message}')
