// What the tag (tag.js) tells a shop's developer on the console: what was wrong with a call, and the
// remedy. A module of its own that the tag imports only then, so that no shopper waits for it.

const ORDER = 'order: expected the shop\'s unique reference of this order, 1 to 64 printable characters. ' +
  'Fill in the order\'s own number.';
const AMOUNT = 'amount: expected a number such as 1234.50, without currency, sign or thousands separator. ' +
  'Send the total after discounts, without tax and shipping.';
const CALLS = {
  consent: "softclick('consent', true) or softclick('consent', false)",
  sale: "softclick('sale', {order: '10023', amount: '49.90', currency: 'EUR'})",
  activate: "softclick('activate', 7), with the id of the publisher",
  debug: "softclick('debug', true)"
};

function warn(call, text, ...things) {
  console.warn("softclick('" + call + "'): " + text, ...things);
}

// What can be seen to be wrong without the tracking host's answer.
function visible({ order, amount }) {
  const wrong = [];
  if (!order || order.length > 64 || /undefined|null|NaN|[{}[\]]/.test(order)) wrong.push(ORDER);
  if (!/^\d+(\.\d+)?$/.test(amount)) wrong.push(AMOUNT);
  return wrong;
}

const TELL = {
  sale(fields, errors, answer) {
    if (errors) {
      const remedy = answer.headers.get('X-Softclick-Remedy');
      warn('sale', 'the tracking host found something wrong. ' + errors + '. Remedy: ' + remedy, fields);
    } else if (answer) {
      warn('sale', 'sent. The tracking host found nothing wrong.', fields);
    } else {
      const wrong = visible(fields).join(' ');
      warn('sale', wrong || 'sent, but the answer cannot be read from this page. Add ' + location.hostname +
        ' to the advertiser\'s domains, or look at the reports in the admin.', fields);
    }
  },

  consent(answer) {
    warn('consent', 'expected true or false; anything else counts as false. Call ' + CALLS.consent + '.', answer);
  },

  activate(publisher) {
    warn('activate', 'publisher ' + publisher + ' was given no click. Its partnership has to be approved and ' +
      'flagged as one that may activate from the page, and this page has to be on one of the shop\'s domains. ' +
      'Ask the shop\'s staff to look at the partner\'s page.');
  },

  call(command, error, commands) {
    const known = Object.keys(commands);
    const text = known.includes(command) ? String(error) + '. Call ' + CALLS[command] + '.'
      : 'there is no such call. Use one of ' + known.join(', ') + '.';
    warn(command, text);
  }
};

export function say([kind, ...details]) {
  TELL[kind](...details);
}
