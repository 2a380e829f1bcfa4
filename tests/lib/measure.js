// SPDX-License-Identifier: GPL-2.0-or-later
// Put into a copy of the page by tests/e2e/review.sh: tells the frame around it what does not fit
// into its width, and which text is hard to read on its ground.
(function () {
    const bad = [];
    const name = e => e.tagName.toLowerCase() + (e.className ? '.' + e.className : '') + ' "' + e.textContent.trim().slice(0, 30) + '"';
    document.querySelectorAll('details').forEach(d => { d.open = true; });
    const width = document.documentElement.clientWidth;
    let elements = 0, texts = 0, least = 99;
    const rgb = text => text.match(/[\d.]+/g).map(Number);
    const light = c => {
        const [r, g, b] = c.slice(0, 3).map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = e => {
        for (; e; e = e.parentElement) {
            const c = rgb(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3] === 1) return c;
        }
        return [255, 255, 255];
    };
    const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    for (const e of document.body.querySelectorAll('*')) {
        const box = e.getBoundingClientRect();
        if (!box.width) continue;
        elements++;
        if (box.right > width + 0.5 || box.left < -0.5) bad.push('outside: ' + name(e));
        if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline') bad.push('too wide: ' + name(e));
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
        texts++;
        const ratio = contrast(light(rgb(getComputedStyle(e).color)), light(ground(e)));
        least = Math.min(least, ratio);
        if (ratio < 4.5) bad.push('contrast ' + ratio.toFixed(2) + ': ' + name(e));
    }
    const dark = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    parent.postMessage(JSON.stringify({ width, dark, elements, texts, least: +least.toFixed(2), bad: bad.slice(0, 5) }), '*');
})();
