// The shop's own script: it reports the sale, and keeps the guide at the bottom up to date.
document.addEventListener('DOMContentLoaded', () => {
  // The thank-you page reports the sale.
  const order = document.getElementById('order');
  if (order) softclick('sale', JSON.parse(order.textContent));

  // The banner: it shows the answer that the tag remembers, and gives it a new one, which the tag may
  // hear only when it has loaded.
  const banner = document.getElementById('consent');
  function showAnswer(answer) {
    for (const part of banner.children) part.hidden = part.dataset.answer !== answer;
  }
  banner.addEventListener('click', (event) => {
    if (!event.target.value) return;
    softclick('consent', event.target.value === '1');
    showAnswer(event.target.value);
    banner.querySelector('div:not([hidden]) button').focus();
  });
  showAnswer((/(?:^|; )_sco=([01])/.exec(document.cookie) || ['', ''])[1]);

  // The guide at the bottom: what this browser holds, looked at again whenever a cookie changes.
  const seen = document.getElementById('seen');
  if (!seen) return;
  const guide = seen.closest('details');
  const KEY = 'demo-guide';
  const wide = matchMedia('(min-width: 60rem)').matches;
  const kept = sessionStorage.getItem(KEY);
  guide.open = kept ? kept === 'open' : wide || Boolean(order);
  guide.addEventListener('toggle', () => sessionStorage.setItem(KEY, guide.open ? 'open' : 'closed'));
  let shown = '', jar = null, looked = 0, looking = false;
  async function look() {
    jar = document.cookie;
    looking = true;
    let text = '<p>The network does not answer just now; trying again.</p>';
    try {
      const response = await fetch(seen.dataset.address);
      if (response.ok) text = await response.text();
    } catch {}
    if (text !== shown) show(text);
    looked = Date.now();
    looking = false;
  }
  function show(text) {
    const actions = () => [...seen.querySelectorAll('a, button')];
    const focused = actions().indexOf(document.activeElement);
    seen.innerHTML = shown = text;
    actions()[focused]?.focus({ preventScroll: true });
    const line = seen.querySelector('[data-summary]');
    if (line) guide.querySelector('summary').textContent = line.dataset.summary;
  }
  setInterval(() => {
    if (!looking && (document.cookie !== jar || Date.now() - looked > 2000)) look();
  }, 250);
  look();
});
