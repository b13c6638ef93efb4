// Lastlook, an on-site overlay: a shop includes this script on its checkout, with
// data-publisher="<our id>". It asks, and activates in the page: no navigation.
(() => {
  const publisher = Number(document.currentScript.dataset.publisher);
  const rate = document.currentScript.dataset.rate;
  if (sessionStorage.getItem('lastlook')) return;

  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { color-scheme: light dark; }
    section { box-sizing: border-box; position: fixed; inset: auto 1rem 4.25rem auto; z-index: 9; width: min(21rem, calc(100vw - 2rem));
      background: #fff; color: #2a1a20; border: 1px solid #d9b5c2; border-radius: .9rem; padding: 1.1rem 1.25rem;
      box-shadow: 0 12px 40px #0004; font: 16px/1.5 system-ui, sans-serif; }
    h2 { font-size: 1.1rem; margin: 0 0 .35rem; } p { margin: 0 0 .9rem; }
    div { display: flex; flex-wrap: wrap; gap: .5rem; }
    button { font: inherit; font-weight: 600; padding: .5rem 1rem; border-radius: .5rem; cursor: pointer;
      border: 1px solid #b0234f; background: #b0234f; color: #fff; }
    button.no { background: transparent; color: #b0234f; }
    button:focus-visible { outline: 3px solid #b0234f; outline-offset: 2px; }
    small { display: block; margin-top: .75rem; color: #6b5560; }
    @media (min-width: 60rem) { section { inset: 16rem auto auto max(1.25rem, calc(50vw - 33.75rem)); } }
    @media (prefers-color-scheme: dark) {
      section { background: #2a1f24; color: #f7e9ee; border-color: #5d414c; }
      button { background: #ff9dbb; border-color: #ff9dbb; color: #33091a; } button.no { color: #ff9dbb; }
      small { color: #c5aab4; }
    }`);

  function element(name, text, parent) {
    const made = document.createElement(name);
    made.textContent = text;
    parent.append(made);
    return made;
  }

  function close() {
    sessionStorage.setItem('lastlook', 'answered');
    host.remove();
  }

  const host = document.createElement('div');
  const root = host.attachShadow({ mode: 'open' });
  root.adoptedStyleSheets = [style];
  const box = element('section', '', root);
  box.setAttribute('role', 'dialog');
  box.setAttribute('aria-label', 'Offer by Lastlook');
  const title = element('h2', 'Wait: ' + rate + ' back on this order?', box);
  const words = element('p', 'Activate our offer before you order. You stay on this page.', box);
  const row = element('div', '', box);
  const yes = element('button', 'Activate', row);
  const no = element('button', 'No, thanks', row);
  no.className = 'no';
  element('small', 'Lastlook, an overlay partner of this shop', box);
  yes.addEventListener('click', () => {
    softclick('activate', publisher);
    title.textContent = 'Activated';
    words.textContent = 'Your order will be reported to us, if our click holds the cookie. The guide below shows whether it does.';
    yes.remove();
    no.textContent = 'Close';
    no.focus();
  });
  no.addEventListener('click', close);
  box.addEventListener('keydown', (event) => { if (event.key === 'Escape') close(); });
  setTimeout(() => document.body.append(host), 900);
})();
