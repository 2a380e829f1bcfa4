# SPDX-License-Identifier: GPL-2.0-or-later
"""Images, nodes and jobs of QEMU's block layer, by QMP. Files are in the machine's folder, and an _
in the name of an option is a -."""
import itertools
import os

from lib.machine import Setup
from lib.wait import until

SECONDS = 20  # for one job
NUMBERS = itertools.count()  # no two jobs of a machine have one name


def wait_job(vm, name):
    """Until the job has concluded; what it failed with, None when it did not."""
    job = until(lambda: next((job for job in vm.command('query-jobs') if job['id'] == name and
                              job['status'] == 'concluded'), None), SECONDS)
    if not job:
        raise TimeoutError(f"job '{name}' does not conclude within {SECONDS} s")
    vm.command('job-dismiss', id=name)
    return job.get('error')


def run_job(vm, command, **arguments):
    """A job that has to succeed, up to its end."""
    job = f'job{next(NUMBERS)}'
    vm.command(command, job_id=job, **arguments)
    error = wait_job(vm, job)
    if error:
        raise Setup(f"QMP: '{command}': {error}")


def create(vm, **options):
    """One layer of an image: a file, or a format on a node."""
    run_job(vm, 'blockdev-create',
            options={name.replace('_', '-'): value for name, value in options.items()})


def add(vm, driver, node, **options):
    vm.command('blockdev-add', driver=driver, node_name=node, **options)
    return node


def remove(vm, *nodes):
    for node in nodes:
        vm.command('blockdev-del', node_name=node)


def path_of(vm, name):
    return os.path.join(vm.dir, name)


def file_node(vm, name, size=0):
    """A node on a new file of that name."""
    create(vm, driver='file', filename=path_of(vm, name), size=size)
    return add(vm, 'file', name, filename=path_of(vm, name))


def qcow2_file(vm, name, size, **options):
    """The node NAME on the file of a new qcow2 image; OPTIONS are those of its creation."""
    file_node(vm, name)
    create(vm, driver='qcow2', file=name, size=size, **options)
    return name


def qemu_io(vm, node, line):
    """Lets qemu-io do LINE on a node or drive; what it says goes to QEMU's output."""
    vm.hmp(f'qemu-io {node} "{line}"')
