// Softclick's tag, one script for every page of a shop. It keeps the first-party copy of the two
// cookie slots by the same rule as the tracking host, and reports sales with what the slots hold.
// It never throws into the page and never blocks it. tracking/wire/tag.py renders it for one advertiser,
// and says what it sends and why the slots come out as they do.
//
// Written so that it can be made small without a parser (tag.minified): comments have lines of
// their own, strings have single quotes and no escaped ones, no quotes or spaces in regular
// expressions, no templates.
(function (advertiser, parameter, home, longest, consents, others, strips, plain) {
  'use strict';

  const HARD = '_sch', SOFT = '_scs', LAST = '_scl', SESSIONS = '_scn', ANSWER = '_sco', PROBE = '_sct';
  const WAITING = '_scu', ARRIVED = '_scv';
  const NAMES = [HARD, SOFT, LAST, SESSIONS, WAITING, ARRIVED];
  const FIELDS = 'order amount currency parts voucher channel customer test sig face'.split(' ');
  const MAX_BODY_BYTES = 60000;
  const KEPT = 5;
  const FRESH_MS = 600000;
  const ANSWER_SECONDS = 180 * 86400;

  const stub = window.softclick || {};
  if (stub.loaded) return;

  const base = (document.currentScript?.src?.match('^.*/t/' + advertiser + '/(?=tag\\.js)') || [home])[0];
  const addresses = [(stub.at || location.href) + ''];
  let landed = clicksIn(addresses);
  let widest, said, aloud;
  // Clicks that were not fresh; and what goes on when the shopper has answered.
  const stale = [], paused = [];

  // What a token says, or nothing: of another form, or another advertiser's. Only a server can tell
  // whether it is genuine. Ids stay strings of bits, for a number of JavaScript holds 53 of them.
  function decode(token) {
    token = token.toLowerCase();
    if (!token.match(/^[cd][a-z2-7]{83}[acegikmoqsuwy246]$/)) return;
    const bits = token.replace(/./g, (sign) => ((sign < 'a' ? 56 : 22) + parseInt(sign, 36)).toString(2).slice(-5));
    const number = (from, to) => parseInt(bits.slice(from, to), 2);
    const flags = number(8, 16), at = number(80, 128);
    return number(16, 48) === advertiser && {
      token: token,
      id: bits.slice(80, 208),
      at: at,
      closes: at + number(304, 328) * 60000,
      soft: !!(flags & 1),
      stoodDown: !!(flags & 2),
      last: (flags >> 3 & 3) === 1,
      journey: bits.slice(208, 272),
      session: number(272, 304)
    };
  }

  // Who holds the cookie after this click: tracking/rule/attribution.py has the same function.
  function place(held, click) {
    const isOver = held?.soft && held.journey === click.journey && held.session !== click.session;
    if (held && held.at <= click.at && click.at < held.closes && !isOver) {
      return !click.soft || click.last && held.soft && !click.stoodDown ? click : held;
    }
    return click.stoodDown ? null : click;
  }

  // The clicks of these tokens, in the order in which every fold takes them. An id begins with its
  // time, so the order of the ids is that of (at, id).
  function clicksOf(texts) {
    return texts.map(decode).filter(Boolean).sort((a, b) => a.id < b.id ? -1 : 1);
  }

  function clicksIn(urls) {
    return clicksOf(urls.flatMap((url) => url.split('#')[0].split(/[?&]/).map(tokenOf)));
  }

  // Where this tab has been in the shop, as far as the browser itself remembers, but for links that
  // are stale by its clock: a sale would go out with them before the tracking host could say so.
  function visited() {
    let urls = [document.referrer];
    try {
      urls = navigation.entries().map((entry) => entry.url || '');
    } catch {}
    return urls.filter((url) => clicksIn([url])[0]?.at > Date.now() - FRESH_MS);
  }

  // The token in one piece of a query, '' when the piece is not our click parameter.
  function tokenOf(piece) {
    const name = parameter + '=';
    try {
      if (piece.startsWith(name)) return decodeURIComponent(piece.slice(name.length));
    } catch {}
    return '';
  }

  // Every value of a cookie: there are several when they differ in domain or path. None in a
  // sandboxed frame, whose sales are reported all the same.
  function read(name) {
    let jar = '';
    try {
      jar = document.cookie + '';
    } catch {}
    return jar.split('; ').filter((pair) => pair.startsWith(name + '='))
      .map((pair) => pair.slice(name.length + 1));
  }

  // The clicks in these cookies; those that wait are joined by dots.
  function stored(...names) {
    return clicksOf(names.flatMap(read).join('.').split('.'));
  }

  function tokens(...names) {
    return stored(...names).map((click) => click.token);
  }

  function sessions(...names) {
    return names.flatMap(read).join('.').match(/\b\d+\b/g) || [];
  }

  // Whether the shopper consents: the last answer, of any tab, or else the advertiser's setting; null
  // while the shop asks. Where no cookie is kept, an answer holds as long as its page. Where the page
  // says that the shopper has still to answer here, an earlier yes waits for that.
  function agrees() {
    const kept = read(ANSWER).sort()[0];
    return kept ? kept === '1' && (said === null ? said : true) : said ?? consents;
  }

  function write(name, value, domain, path, seconds) {
    try {
      document.cookie = name + '=' + value + '; Path=' + path + (domain && '; Domain=' + domain) +
        '; SameSite=Lax' + (location.protocol === 'https:' ? '; Secure' : '') + (seconds < 0 ? '' : '; Max-Age=' + seconds);
    } catch {}
  }

  // The suffixes of this host, the shortest first, and '' for a cookie of this host only.
  function domains() {
    const labels = location.hostname.split('.');
    return labels.map((_, index) => labels.slice(-1 - index).join('.')).concat('');
  }

  function accepts(domain) {
    const mark = Math.random() + '';
    write(PROBE, mark, domain, '/', -1);
    const accepted = read(PROBE).includes(mark);
    write(PROBE, '', domain, '/', 0);
    return accepted;
  }

  // Delete a cookie from every domain and path from which this page could have read it.
  function remove(name) {
    let path = '';
    location.pathname.split('/').forEach((part) => {
      path += part;
      domains().forEach((domain) => {
        write(name, '', domain, path, 0);
        write(name, '', domain, path + '/', 0);
      });
      path += '/';
    });
  }

  // Write a cookie on the widest domain so that it is the only one of its name. Less than 0
  // seconds: until the browser session ends. Without a value: there is none of its name.
  function keep(name, value, seconds) {
    const put = () => {
      if (!value) return;
      widest = widest || domains().find(accepts) || '';
      write(name, value, widest, '/', seconds);
    };
    put();
    if (read(name).length > !!value) {
      remove(name);
      put();
    }
  }

  // These wait, and no others; of too many the newest, and hard ones rather than soft ones.
  function wait(clicks) {
    keep(WAITING, clicks.sort((a, b) => b.soft - a.soft).slice(-KEPT).map((click) => click.token).join('.'), longest);
  }

  // The newest, each once.
  function keepSessions(name, ids) {
    keep(name, [...new Set(ids.reverse())].slice(0, KEPT).reverse().join('.'), -1);
  }

  // A slot may live for the rest of its click's window, by the click's own time.
  function fill(name, click, ends) {
    const seconds = click && Math.ceil(Math.min(click.closes - click.at, click.closes - Date.now()) / 1000);
    keep(name, seconds > 0 ? click.token : '', ends ? -1 : seconds);
  }

  // Let a click meet the slots; without one, only fold and clean up duplicates. One that had to wait
  // for its answer meets them in its turn, as if newer ones had not come first.
  function settle(token) {
    const added = clicksOf([token]);
    if (!added[0] && NAMES.every((name) => read(name).length < 2)) return;
    const claims = clicksOf(tokens(HARD, SOFT).concat(token));
    const held = claims.reduce(place, null);
    const hard = claims.filter((claim) => !claim.soft).pop();
    const soft = held && held.soft && held;
    const last = clicksOf(tokens(HARD, SOFT, LAST).concat(token)).pop();
    if (added[0]?.soft === false) wait(stored(WAITING).filter((other) => other.id > added[0].id));
    fill(HARD, hard);
    fill(SOFT, soft, true);
    keep(LAST, last?.token, longest);
    keepSessions(SESSIONS, sessions(SESSIONS).concat(added.concat(soft || []).map((live) => live.session + '')));
  }

  async function ask(path) {
    return (await fetch(base + path, { credentials: 'include', keepalive: true })).json();
  }

  // A token that lands waits until the tracking host has said that its click is fresh, and only then
  // meets the slots; a no, of any tab, ends its waiting. It is asked about once, if it is newer than
  // all that this browser knows was here before. The sessions of those that wait are kept apart from
  // them: a token may wait longer than its session. What came before says which journey this browser
  // is on, where it sends the host no cookies.
  async function land(click, before) {
    const waits = () => tokens(WAITING).includes(click.token);
    if (waits() || stale.includes(click.id) || stored(HARD, SOFT, LAST).some((known) => known.id >= click.id)) return;
    wait(stored(WAITING).concat(click));
    keepSessions(ARRIVED, sessions(ARRIVED).concat(click.session + ''));
    const answer = await ask('l?click=' + click.token + '&last=' + before);
    if (answer.fresh == null) return;
    if (!answer.fresh) stale.push(click.id);
    else if (waits()) settle(click.token);
    const others = stored(WAITING).filter((other) => other.id !== click.id);
    wait(others);
    keepSessions(ARRIVED, sessions(ARRIVED).filter((id) => others.some((other) => other.session == id)));
  }

  // What went wrong is told at length by a script of its own, which is loaded only then.
  function say(...told) {
    import(base + 'debug.js').then((words) => words.say(told)).catch(() => console.warn('softclick:', ...told));
  }

  // Only what decodes as a token of ours goes: with another network's id of the same name the shop
  // may still be working. Everything else in the address stays byte for byte.
  function strip() {
    const address = location.href.replace(/^([^?#]*)\?([^#]*)/, (whole, page, query) => {
      const kept = query.split('&').filter((piece) => !decode(tokenOf(piece))).join('&');
      return kept === query ? whole : page + (kept && '?' + kept);
    });
    if (address !== location.href) history.replaceState(history.state, '', address);
  }

  function remember() {
    try {
      if (agrees()) {
        settle('');
        const before = tokens(LAST, WAITING).pop() || '';
        landed.forEach((click) => land(click, before).catch(() => {}));
        if (strips) strip();
      }
    } catch {}
  }

  async function post(address, options) {
    return fetch(address, { method: 'POST', keepalive: true, ...options });
  }

  // Delete what is kept here and on the tracking hosts.
  function forget() {
    NAMES.forEach((name) => keep(name, ''));
    [home].concat(others).forEach((address) => {
      post(address + 'forget', { credentials: 'include' }).catch(() => {});
    });
  }

  // What goes with a sale now, beside the tokens. Without consent nothing goes, and no cookie.
  function evidence() {
    return agrees() ? { session: sessions(ARRIVED, SESSIONS).join('.'), unanswered: tokens(WAITING).join('.') } : { consent: '0' };
  }

  function bodyOf(fields, items) {
    const whole = { ...fields, ...evidence() };
    if (!whole.consent) whole.tokens = { hard: tokens(HARD), soft: tokens(SOFT), last: tokens(LAST, WAITING) };
    const short = JSON.stringify(whole);
    try {
      const full = JSON.stringify({ items: items, ...whole });
      return new Blob([full]).size < MAX_BODY_BYTES ? full : short;
    } catch {
      return short;
    }
  }

  // The pixel names no roles, so it always names the sessions: they decide about soft claims. What goes
  // with it is looked for anew: while the first request failed, the shopper may have said no.
  function pixel(fields) {
    const image = new Image(), brought = { ...fields, ...evidence() };
    if (brought.consent) image.crossOrigin = 'anonymous';
    else brought.click = [...new Set(tokens(HARD, SOFT, LAST, WAITING))];
    image.src = base + 'pixel.gif?' + new URLSearchParams(brought);
  }

  // Of a sale that might be refused, as far as one can know here, the answer is read.
  async function send(fields, items) {
    remember();
    const reads = aloud || !FIELDS.slice(0, 4).map((field) => fields[field]).join('|').match(plain);
    try {
      const answer = await post(base + 'sale', { mode: reads ? 'cors' : 'no-cors', credentials: agrees() ? 'include' : 'omit', body: bodyOf(fields, items) });
      const wrong = answer.headers.get('X-Softclick-Error');
      if (aloud || wrong) say('sale', fields, wrong, answer);
    } catch {
      pixel(fields);
      if (reads) say('sale', fields);
    }
  }

  const commands = {
    consent(answer) {
      if (answer === null) return said = consents = answer;
      const refused = read(ANSWER).includes('0');
      if (answer !== !!answer) say('consent', answer);
      said = answer === true;
      keep(ANSWER, said ? '1' : '0', ANSWER_SECONDS);
      if (said) landed = clicksIn(addresses.concat(visited()));
      else if (!refused) forget();
      remember();
      paused.map((resolve) => resolve());
    },

    // While the shop asks, a sale waits in its page; should the shopper leave, it goes without consent.
    async sale(details) {
      const report = {}, items = details.items;
      FIELDS.forEach((field) => {
        const value = details[field];
        if (value != null && value !== false) report[field] = String(value === true ? 1 : value);
      });
      if (agrees() == null) {
        const leave = () => send(report, items);
        addEventListener('pagehide', leave);
        await new Promise((resolve) => paused.push(resolve));
        removeEventListener('pagehide', leave);
      }
      await send(report, items);
    },

    async activate(publisher) {
      if (agrees() == null) await new Promise((resolve) => paused.push(resolve));
      if (!agrees()) return;
      const answer = await ask('a/' + encodeURIComponent(publisher) + (consents ? '' : '?consent=1'));
      if (!answer.token) say('activate', publisher);
      else if (agrees()) settle(answer.token);
      // Its answer set the host's cookies after the no of meanwhile had them deleted.
      else if (read(ANSWER).includes('0')) forget();
    },

    debug(answer) {
      aloud = answer;
    }
  };

  const softclick = (command, argument) => {
    (async () => commands[command](argument))().catch((error) => say('call', command, error, commands));
  };
  softclick.loaded = true;
  window.softclick = softclick;
  // The redirect knows nothing of a no that was said in the shop.
  if (landed[0] && read(ANSWER).includes('0')) forget();
  stub.q?.forEach?.((call) => softclick(...call));
  remember();
})(__SETTINGS__);
