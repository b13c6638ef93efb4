"""Whether what a page says has room: nothing scrolls sideways, no text is cut off, none lies on
another one, and no word of a table is torn in two."""

from playwright.sync_api import Page as Tab

FITS = """() => {
    const wrong = [], texts = [], styles = new Map();
    const page = document.documentElement;
    if (page.scrollWidth > innerWidth)
        wrong.push(`the page is ${page.scrollWidth} wide and scrolls sideways`);
    const style = (node) => {
        if (!styles.has(node)) styles.set(node, getComputedStyle(node));
        return styles.get(node);
    };
    const short = (text) => text.trim().replace(/\\s+/g, ' ').slice(0, 60);
    // What cuts a text off, and what it scrolls in or floats with; nothing for what nobody sees.
    const frame = (node) => {
        const found = {clips: [], layer: null};
        if (!node.checkVisibility({opacityProperty: true, visibilityProperty: true})) return null;
        let scrolls = false, leaves = false;
        for (let at = node; at && at !== page; at = at.parentElement) {
            const is = style(at), box = at.getBoundingClientRect();
            if (is.clipPath !== 'none' || is.clip !== 'auto'
                || box.width <= 1 && is.overflowX !== 'visible') return null;
            if (is.display !== 'inline' && is.display !== 'contents' && !scrolls && !leaves) {
                if (['hidden', 'clip'].includes(is.overflowX)) found.clips.push([at, box]);
                if (['auto', 'scroll'].includes(is.overflowX)) {
                    scrolls = true;
                    found.layer ||= at;
                }
            }
            if (['fixed', 'sticky'].includes(is.position)) found.layer ||= at;
            if (['absolute', 'fixed'].includes(is.position)) leaves = is.position === 'fixed';
        }
        return found;
    };
    // Words as long as names are, and titles in the made-up language as well; what is longer may
    // break anywhere, as addresses do.
    const torn = (node) => {
        const at = (from, length) => {
            range.setStart(node, from);
            range.setEnd(node, from + length);
            return new Set([...range.getClientRects()].filter((box) => box.width > 0)
                .map((box) => Math.round(box.top))).size;
        };
        if (!node.parentElement.closest('th, td') || at(0, node.length) < 2) return;
        const isTitle = node.parentElement.closest('thead'), longest = isTitle ? 24 : 12;
        if (!isTitle && node.data.includes('⟦')) return;
        for (const {0: word, index} of node.data.matchAll(/[^\\s/\\u2013\\u2014?·-]+/g))
            if (word.length > 1 && word.length <= longest && !word.includes('@')
                && at(index, word.length) > 1)
                wrong.push(`torn in two: ${word} in ${short(node.data)}`);
    };
    const told = (node, text) => node.closest('[title]')?.title.includes(text.trim());
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (walker.nextNode()) {
        const node = walker.currentNode, parent = node.parentElement;
        if (!node.data.trim() || parent.closest('script, style, noscript, option, textarea, title'))
            continue;
        range.selectNodeContents(node);
        const boxes = [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
        if (!boxes.length) continue;
        const around = frame(parent);
        if (!around) continue;
        torn(node);
        for (const [at, box] of around.clips) {
            const out = boxes.some((own) => own.left < box.left - 2 || own.right > box.right + 2);
            const ellipsis = style(at).textOverflow === 'ellipsis' && told(parent, node.data);
            if (out && !ellipsis) wrong.push(`cut off: ${short(node.data)}`);
        }
        for (const {left, right, top, bottom, height} of boxes) {
            const box = {top, bottom, height,
                left: Math.max(left, ...around.clips.map(([, clip]) => clip.left)),
                right: Math.min(right, ...around.clips.map(([, clip]) => clip.right))};
            texts.push({node, box, layer: around.layer});
        }
    }
    texts.sort((one, other) => one.box.top - other.box.top);
    const lying = [];
    for (const [index, {node, box, layer}] of texts.entries()) {
        for (let next = index + 1; next < texts.length; next += 1) {
            const other = texts[next];
            if (other.box.top >= box.bottom - 2) break;
            if (other.node === node || other.layer !== layer) continue;
            const wide = Math.min(box.right, other.box.right)
                - Math.max(box.left, other.box.left);
            const high = Math.min(box.bottom, other.box.bottom) - other.box.top;
            if (wide > 2 && high > 0.4 * Math.min(box.height, other.box.height))
                lying.push(`${short(node.data)} lies on ${short(other.node.data)}`);
        }
    }
    const pen = document.createElement('canvas').getContext('2d');
    for (const field of document.querySelectorAll('select, input[placeholder]')) {
        const is = style(field);
        if (!field.clientWidth || field.multiple || !frame(field)) continue;
        const text = field.localName === 'select' ? field.selectedOptions[0]?.text
            : field.value ? '' : field.placeholder;
        pen.font = `${is.fontStyle} ${is.fontWeight} ${is.fontSize} ${is.fontFamily}`;
        const around = field.parentElement.closest(':not(label, span, a)');
        if (field.offsetWidth > 0.95 * around.clientWidth) continue;
        const room = field.clientWidth - parseFloat(is.paddingLeft) - parseFloat(is.paddingRight);
        if (text && pen.measureText(text.trim()).width > room + 2)
            wrong.push(`cut off in its field: ${short(text)}`);
    }
    return [...wrong, ...lying];
}"""
"""Texts are measured by their lines. A line counts as cut off where an element that neither shows
nor scrolls what does not fit ends before it, unless an ellipsis says so and a title has the whole;
as lying on another one where they share two fifths of their height, in the same layer. A field cuts
off what it shows unless it is as wide as it can be."""


def misfits(tab: Tab) -> list[str]:
    """What has no room at the tab's width."""
    return list(tab.evaluate(FITS))
