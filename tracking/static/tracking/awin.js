// Stands behind the tag (tag.js) in the script that shops have from Awin, /<advertiser>.js: what their
// pages put into AWIN.Tracking is told to the tag. It decides nothing. docs/moving.md has the names.
//
// Pages make AWIN anew, before or after this script, and have it injected once more for each order:
// so it reads what is there when it runs, when the page is complete, and when it is asked to. Written
// as tag.js is, so that it can be made small in the same way.
(function () {
  'use strict';

  const FIELDS = { orderRef: 'order', amount: 'amount', currency: 'currency', parts: 'parts', voucher: 'voucher', channel: 'channel', customerAcquisition: 'customer', test: 'test' };
  const PRODUCT = 'id name price quantity sku group category'.split(' ');
  const BASKET = 'aw_basket';
  const told = window.softclick.told = window.softclick.told || {};
  let answered;

  // A value as text. Some pages have encoded it, once.
  function plain(value) {
    try {
      return decodeURIComponent(value);
    } catch {
      return value + '';
    }
  }

  // The lines AW:P|advertiser|order|id|name|price|quantity|sku|group|category of the page's form.
  function products() {
    const lines = document.getElementById(BASKET)?.value.split(/[\r\n]+/) || [];
    return lines.map((line) => line.trim().split('|')).filter((parts) => parts[0] === 'AW:P')
      .map((parts) => Object.fromEntries(PRODUCT.map((name, at) => [name, plain(parts[at + 3] || '')])));
  }

  // The banner's answer, told once: it may be given another one by other ways.
  function consent(answer) {
    if (answer == null || answer === answered) return;
    answered = answer;
    window.softclick('consent', !!answer);
  }

  // Report the sale that the page tells of, each order once.
  function report() {
    const sale = window.AWIN?.Tracking?.Sale, details = { face: 'compatible' };
    const order = sale?.orderRef;
    if (order == null || order === '' || told[order]) return;
    told[order] = 1;
    Object.keys(FIELDS).forEach((name) => {
      if (sale[name] != null && sale[name] !== '') details[FIELDS[name]] = plain(sale[name]);
    });
    const items = products();
    if (items.length) details.items = items;
    window.softclick('sale', details);
  }

  function read() {
    const network = window.AWIN = window.AWIN || {};
    const tracking = network.Tracking = network.Tracking || {};
    tracking.run = read;
    tracking.Consent = {
      setAdvertiserConsentStatus(answer) {
        tracking.AdvertiserConsent = answer;
        consent(answer);
      }
    };
    consent(tracking.AdvertiserConsent);
    report();
  }

  read();
  addEventListener('DOMContentLoaded', read);
  addEventListener('load', read);
})();
