// Stands behind the tag (tag.js) in the script that shops have from Awin, /<advertiser>.js: what their
// pages put into AWIN.Tracking is told to the tag. It decides nothing. docs/moving.md has the names.
//
// Pages make AWIN anew, before or after this script, and have it injected once more for each order:
// so it reads what is there when it runs, when the page is complete, and when it is asked to. Whatever
// the page holds, nothing of it may keep the sale from being told. Written as tag.js is, so that it can
// be made small in the same way.
(function () {
  'use strict';

  const FIELDS = { orderRef: 'order', amount: 'amount', currency: 'currency', parts: 'parts', voucher: 'voucher', channel: 'channel', customerAcquisition: 'customer', test: 'test' };
  const PRODUCT = 'id name price quantity sku group category'.split(' ');
  const BASKET = 'aw_basket', SALE = 'AWIN.Tracking.Sale.', CONSENT = 'AWIN.Tracking.AdvertiserConsent';
  // What this page has told, by whichever of its scripts: its orders, what it last said of consent in
  // AdvertiserConsent, and whether the shopper has said no since.
  const tag = window.softclick;
  const isFirst = !tag.told;
  const told = tag.told = tag.told || Object.create(null);
  const warned = tag.warned = tag.warned || Object.create(null);

  // Tell the shop's developer, each thing once.
  function say(field, text, thing) {
    if (warned[field]) return;
    warned[field] = 1;
    try {
      console.warn('softclick: ' + field + ': ' + text, thing);
    } catch {}
  }

  // Do this much of it; what the page holds may throw.
  function attempt(field, remedy, step) {
    try {
      return step();
    } catch (error) {
      say(field, 'could not be read. ' + remedy, error);
    }
  }

  // A value as text. Some pages have encoded it, once.
  function plain(value) {
    try {
      return decodeURIComponent(value);
    } catch {
      return value + '';
    }
  }

  function product(line) {
    const parts = line.split('|').map((part) => part.trim()), bought = {};
    if (parts[0] === 'AW:P') PRODUCT.forEach((name, at) => {
      if (parts[at + 3]) bought[name] = plain(parts[at + 3]);
    });
    return bought;
  }

  // The lines AW:P|advertiser|order|id|name|price|quantity|sku|group|category of the page's form.
  function products() {
    const basket = document.getElementById(BASKET);
    if (!basket) return [];
    const text = typeof basket.value === 'string' ? basket.value : basket.textContent;
    const bought = text.split(/[\r\n]+/).map(product).filter((found) => Object.keys(found).length);
    if (text.trim() && !bought.length) say(BASKET, 'has no products. Put lines such as AW:P|7|1001|p1|Boots|40.00|1 into a textarea with this id.', basket);
    return bought;
  }

  // Yes, no, or undefined for what is no answer.
  function answerOf(value) {
    if (value === true || value === 1) return true;
    if (value === false || value === 0) return false;
    if (value != null) say(CONSENT, 'is no answer, and was not read. Set it to true or false, or to 1 or 0, when the shopper has answered.', value);
  }

  // Whether the shopper has said no: in this page, or as the tag remembers it.
  function isRefused() {
    try {
      return tag.refused || /(^|; )_sco=0/.test(document.cookie);
    } catch {
      return tag.refused;
    }
  }

  // What the page holds of consent is told once: the shopper may have given another answer by other
  // ways since. As there, a no means that the shopper has still to answer, and no yes of the page's
  // takes an answer of the shopper's back.
  function consent() {
    const answer = answerOf(window.AWIN?.Tracking?.AdvertiserConsent);
    if (answer == null || answer === tag.answered) return;
    tag.answered = answer;
    if (!answer) tag('consent', null);
    else if (!isRefused()) tag('consent', true);
  }

  function answered(value) {
    const answer = answerOf(value);
    if (answer == null) return;
    tag.answered = answer;
    tag.refused = !answer;
    tag('consent', answer);
  }

  // The fields of the sale, as text.
  function fields(sale) {
    const details = { face: 'compatible' };
    Object.keys(FIELDS).forEach((name) => attempt(SALE + name, 'Set it to text or a number.', () => {
      const value = sale[name];
      if (value != null && value !== '') details[FIELDS[name]] = plain(value);
    }));
    return details;
  }

  // Report the sale that the page tells of, each order once. Without its amount it waits for that, as
  // long as the page is there.
  function report(isLeft) {
    const sale = window.AWIN?.Tracking?.Sale, details = sale == null ? {} : fields(sale);
    const order = details.order, isWhole = /\d/.test(details.amount);
    if (!order || told[order]) return;
    if (!isWhole && !isLeft) {
      if (document.readyState === 'complete') say(SALE + 'amount', 'is missing, so the sale waits. Set it, and call AWIN.Tracking.run().', sale);
      return;
    }
    const items = attempt(BASKET, 'Put its lines into a textarea with this id.', products) || [];
    if (items.length) details.items = items;
    tag('sale', details);
    told[order] = 1;
  }

  // What pages call.
  function offer() {
    const network = window.AWIN = Object(window.AWIN);
    const tracking = network.Tracking = Object(network.Tracking);
    tracking.run = run;
    tracking.Consent = {
      setAdvertiserConsentStatus(answer) {
        answered(answer);
        tracking.AdvertiserConsent = answer;
      }
    };
  }

  // As long as the page comes in, what belongs to the sale may still be missing, its basket too.
  function read(isLeft, isComing) {
    attempt(CONSENT, 'Set it to true or false.', consent);
    if (!isComing) attempt('AWIN.Tracking.Sale', 'Set it to an object with orderRef and amount.', () => report(isLeft));
    attempt('AWIN.Tracking', 'Leave it, or set it to an object that can be changed.', offer);
  }

  function run() {
    read();
  }

  // This is told before the tag begins, so that it keeps nothing (tracking/wire/tag.py).
  attempt(CONSENT, 'Set it to true or false.', () => {
    if (isFirst && answerOf(window.AWIN?.Tracking?.AdvertiserConsent) === false) tag.answered = false;
  });
  read(false, document.readyState === 'loading');
  addEventListener('DOMContentLoaded', run);
  addEventListener('load', run);
  addEventListener('pagehide', () => read(true));
})();
