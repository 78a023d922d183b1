// Values of orders and requests are other people's text: written by textContent only, never as HTML.
"use strict";

const $ = (id) => document.getElementById(id);
const LIFE = [
  ["created", "Created"],
  ["waiting_for_funding", "Address"],
  ["waiting_for_confirmations", "Paid"],
  ["funds_received", "Confirmed"],
  ["processing_payout", "Paying out"],
  ["completed", "Completed"],
];
const COMMANDS = [
  ["fund", "Fund", "main"],
  ["request-refund", "Refund", "main"],
  ["advance", "Advance", ""],
  ["complete", "Complete", ""],
  ["fail", "Fail", ""],
  ["pay", "Pay again", ""],
];
let limit = 25;
let version = -1;
let clock = null;

// ---- Elements -----------------------------------------------------------------------------------

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Shows one child for each item, and keeps the children of items that stay: focus stays with them.
function list(parent, items, keyOf, create, update) {
  const kept = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const isNew = !kept.size && parent.dataset.shown === "yes";
  let before = null;
  for (const item of items) {
    const key = String(keyOf(item));
    let child = kept.get(key);
    kept.delete(key);
    if (!child) {
      child = create(item);
      child.dataset.key = key;
      if (isNew || kept.size) child.classList.add("fresh");
    }
    const place = before ? before.nextSibling : parent.firstChild;
    if (place !== child) parent.insertBefore(child, place);
    update(child, item);
    before = child;
  }
  for (const child of kept.values()) child.remove();
  parent.dataset.shown = "yes";
}

const grouped = (amount) => amount.replace(/^\d+/, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ","));
const money = (amount, asset) => `${grouped(amount)} ${asset}`;
const words = (status) => {
  const text = status.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

function moment(at) {
  return at ? make("time", { datetime: at, title: at }, at.slice(11, 19)) : make("span");
}

function facts(rows) {
  const shown = rows.filter(([, value]) => value !== null && value !== "");
  return shown.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
}

// ---- Commands -----------------------------------------------------------------------------------

let silence = null;

function say(text, isBad = false) {
  write($("said"), text);
  $("said").classList.toggle("bad", isBad);
  clearTimeout(silence);
  silence = setTimeout(() => write($("said"), ""), 10_000);
}

async function command(path, body) {
  const options = { method: "POST" };
  if (body !== undefined) {
    options.headers = { "content-type": "application/json" };
    options.body = body;
  }
  let result = null;
  try {
    const response = await fetch(path, options);
    result = await response.json();
    if (!response.ok) {
      say(result.message, true);
      result = null;
    }
  } catch {
    say("The sandbox did not respond.", true);
  }
  await refresh();
  return result;
}

async function move(order, name, label) {
  const done = await command(`orders/${encodeURIComponent(order.id)}/${name}`);
  if (!done) return;
  const outcome = name === "request-refund" ? done.summary : words(done.status);
  say(`${label}, order ${order.short_id}: ${outcome}.`);
}

// ---- Orders -------------------------------------------------------------------------------------

function createOrder(order) {
  const buttons = COMMANDS.map(([name, label, kind]) => {
    const button = make("button", { type: "button", class: kind, "data-command": name }, label);
    button.addEventListener("click", () => move(order, name, button.textContent));
    return button;
  });
  const title = make("h3", { class: "mono", tabindex: "-1", id: `order-${order.id}` }, order.short_id);
  const head = make("div", { class: "row between" },
    make("div", { class: "row" }, title, make("span", { class: "badge state" }), make("span", { class: "row flags" })),
    make("span", { class: "amount small" }));
  const details = make("details", {}, make("summary", {}, "Details"), make("dl", { class: "facts" }));
  details.addEventListener("toggle", () => showFacts(details.closest(".order")));
  details.firstChild.setAttribute("aria-label", `Details of order ${order.short_id}`);
  return make("li", { class: "order", "aria-labelledby": title.id }, head,
    make("ol", { class: "life", "aria-label": `Life of order ${order.short_id}` }),
    make("div", { class: "foot" }, make("div", { class: "row" }, ...buttons), details));
}

const hasFailed = (order) => order.status.toLowerCase() === "failed";

function flagsOf(order) {
  const paid = `${grouped(order.paid_amount)} of ${money(order.origin_amount, order.origin_asset)}`;
  return [
    order.is_paid_twice && ["bad", `Paid twice: ${paid}`],
    order.is_underpaid && ["warn", `Underpaid: ${paid}`],
    order.is_overpaid && ["warn", `Overpaid: ${paid}`],
    order.refund && ["calm", `Refunded ${money(order.refund.amount, order.refund.asset)}`],
    order.payout_fails && !hasFailed(order) && ["warn", "Payout will fail"],
  ].filter(Boolean);
}

function updateOrder(element, order) {
  const shown = JSON.stringify(order);
  if (element.dataset.order === shown) return;
  element.dataset.order = shown;
  const isFailed = hasFailed(order);
  const state = element.querySelector(".state");
  write(state, words(order.status));
  state.className = `badge state ${isFailed ? "bad" : order.status === "completed" ? "good" : ""}`;
  const sums = `${money(order.origin_amount, order.origin_asset)} → ${money(order.destination_amount, order.destination_asset)}`;
  write(element.querySelector(".amount"), sums);
  element.querySelector(".flags").replaceChildren(
    ...flagsOf(order).map(([kind, text]) => make("span", { class: `badge ${kind}` }, text)));
  element.querySelector(".life").replaceChildren(...lifeOf(order));
  const active = document.activeElement;
  const hadFocus = element.contains(active);
  for (const button of element.querySelectorAll("[data-command]")) {
    const name = button.dataset.command;
    const isPaid = order.payments.length > 0;
    const can = order.commands.includes(name === "request-refund" ? "refund" : name);
    button.hidden = !(can && (name !== "pay" || isPaid));
    button.setAttribute("aria-label", `${button.textContent} order ${order.short_id}`);
  }
  if (hadFocus && active.hidden) element.querySelector("h3").focus();
  showFacts(element);
}

// Only of an order whose details are open: most are not.
function showFacts(element) {
  if (!element.querySelector("details").open) return;
  const order = JSON.parse(element.dataset.order);
  element.querySelector(".facts").replaceChildren(...facts([
    ["Id", order.id],
    ["Recipient", order.recipient],
    ["Chain", order.chain],
    ["Address", order.address],
    ["Notes", order.notes],
    ["Payments", order.payments.map((each) => `${each.amount} at ${each.at}`).join("\n")],
    ["Refund", order.refund && `${order.refund.id} to ${order.refund.address}`],
    ["Life", order.history.map((each) => `${each.at} ${each.status}`).join("\n")],
    ["Quote expires", order.expires_at],
  ]));
}

function lifeOf(order) {
  const end = order.refund ? "refund" : order.status;
  const reached = new Set(order.history.map((each) => each.status));
  const isKnown = LIFE.some(([status]) => status === order.status);
  const steps = LIFE.map(([status, label]) => [status, label, reached.has(status)]);
  if (!isKnown) steps[steps.length - 1] = [order.status, words(order.status), true];
  if (order.refund) steps.push(["refund", "Refunded", true]);
  return steps.map(([status, label, isReached]) => {
    const isNow = status === end;
    const item = make("li", {}, make("span", {}, label));
    item.className = isNow ? `now ${isKnown || order.refund ? "" : "bad"}` : isReached ? "done" : "";
    if (isNow) item.setAttribute("aria-current", "step");
    if (!isNow) item.firstChild.append(make("span", { class: "hidden" }, isReached ? ", reached" : ", not reached"));
    return item;
  });
}

// ---- Requests, movements, faults ----------------------------------------------------------------

function createRequest(request) {
  const kinds = { success: "good", rejected: "warn", failed: "bad", lost: "bad" };
  const line = make("div", { class: "row between" },
    make("strong", { class: "mono where" }, request.operation ?? "unknown operation"),
    make("span", { class: `badge ${kinds[request.outcome]}` }, request.summary));
  const place = make("div", { class: "row small soft" }, moment(request.at),
    make("span", { class: "mono where" }, `${request.method} ${request.path}`));
  const foot = make("div", { class: "foot" }, place);
  const item = make("li", { class: "request" }, line, foot);
  if (request.body !== null) {
    const body = make("pre", { tabindex: "0", "aria-label": "Body" }, JSON.stringify(request.body, null, 2));
    foot.append(make("details", {}, make("summary", {}, "Body"), body));
  }
  return item;
}

function createMovement(movement) {
  const sign = movement.kind === "deposit" ? "+" : "−";
  return make("tr", {}, make("td", {}, moment(movement.at)), make("td", {}, words(movement.kind)),
    make("td", { class: "mono" }, movement.order ?? ""),
    make("td", { class: "right" }, sign + money(movement.amount, movement.asset)));
}

function describe(fault) {
  const kinds = {
    lose: "Response lost",
    truncate: "Response truncated",
    refuse: "Connection refused",
    delay: `Response ${fault.seconds} s late`,
    fail: `Status ${fault.status}`,
  };
  const acts = fault.acts ? "acts" : "does not act";
  return `${kinds[fault.kind]}, ${acts}, for ${fault.operation ?? "any operation"}`;
}

function showFaults({ waiting, chaos, drift }) {
  const counted = new Map();
  for (const fault of waiting) counted.set(describe(fault), (counted.get(describe(fault)) ?? 0) + 1);
  for (const name of drift) counted.set(`Responses drift from the spec, for ${name}, until Reset`, 1);
  list($("faults"), [...counted], ([text]) => text, () => make("li"),
    (item, [text, count]) => write(item, count === 1 ? text : `${text}, ${count} times`));
  $("clear").hidden = waiting.length === 0 && chaos === null;
  $("no-faults").hidden = counted.size > 0 || chaos !== null;
  $("chaos").hidden = chaos === null;
  if (chaos) write($("chaos"), `By chance: ${Number(chaos.rate) * 100}% of ${chaos.operation ?? "all requests"}, seed ${chaos.seed}`);
}

// ---- The state ----------------------------------------------------------------------------------

function showFigures(state) {
  const rows = [
    ["Orders", state.totals.orders, false],
    ["Requests", state.totals.requests, false],
    ["Lost", state.lost, state.lost > 0],
    ["Paid twice", state.mistakes.paid_twice, state.mistakes.paid_twice > 0],
    ["Underpaid", state.mistakes.underpaid, state.mistakes.underpaid > 0],
    ["Overpaid", state.mistakes.overpaid, state.mistakes.overpaid > 0],
  ];
  list($("figures"), rows, ([name]) => name, ([name]) => make("div", {}, make("dt", {}, name), make("dd")),
    (element, [, count, isRaised]) => {
      write(element.lastChild, grouped(String(count)));
      element.className = isRaised ? "raised" : "";
    });
}

function show(state) {
  version = state.version;
  clock = { at: Date.parse(state.clock.now), read: Date.now(), running: state.clock.running };
  tick();
  write($("clock-kind"), state.clock.running ? "real time" : "stands still");
  write($("seed"), state.seed);
  const { client_id: id, client_secret: secret } = state.credentials;
  const settings = { BASE_URL: location.origin, CLIENT_ID: id, CLIENT_SECRET: secret };
  write($("settings"), Object.entries(settings).map(([name, value]) => `export CHESSA_${name}=${value}`).join("\n"));
  showFigures(state);
  list($("orders"), state.orders, (each) => each.id, createOrder, updateOrder);
  const { requests, movements } = state.totals;
  list($("requests"), state.requests.map((each, n) => ({ ...each, n: requests - n })), (each) => each.n, createRequest, () => {});
  list($("movements"), state.movements.map((each, n) => ({ ...each, n: movements - n })), (each) => each.n, createMovement, () => {});
  for (const name of ["orders", "requests", "movements"]) {
    $(`no-${name}`).hidden = state.totals[name] > 0;
    $(`more-${name}`).hidden = state.totals[name] <= state[name].length;
  }
  $("movements-table").hidden = movements === 0;
  showFaults(state.faults);
  if ($("operations").length === 1) {
    $("operations").append(...state.operations.map((name) => make("option", { value: name }, name)));
  }
}

let running = null;
let isStale = false;

// One reading at a time; a change during a reading leads to one more.
function refresh() {
  isStale = true;
  running ??= (async () => {
    try {
      while (isStale) {
        isStale = false;
        const response = await fetch(`state?limit=${limit}`);
        if (response.ok) show(await response.json());
      }
    } catch {
      say("The sandbox did not respond.", true);
    } finally {
      running = null;
    }
  })();
  return running;
}

function tick() {
  if (!clock) return;
  const now = new Date(clock.at + (clock.running ? Date.now() - clock.read : 0)).toISOString();
  write($("clock"), `${now.slice(0, 10)} ${now.slice(11, 19)} UTC`);
  $("clock").setAttribute("datetime", now);
}

function listen() {
  const events = new EventSource("events");
  const live = (isOn) => {
    write($("live"), isOn ? "live" : "reconnecting");
    $("live").classList.toggle("on", isOn);
  };
  events.onopen = () => live(true);
  events.onerror = () => live(false);
  events.onmessage = (event) => {
    if (Number(event.data) !== version) refresh();
  };
}

// ---- Controls -----------------------------------------------------------------------------------

for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", async () => {
    if (await command(`clock/advance?${button.dataset.advance}`)) say(`The clock is advanced: ${button.textContent}.`);
  });
}
$("lose").addEventListener("click", async () => {
  if (await command("lose-next-answer")) say("The next response will be lost.");
});
$("clear-faults").addEventListener("click", async () => {
  await command("clear-faults");
  say("No fault waits.");
  $("lose").focus();
});
$("add-order").addEventListener("click", async () => {
  const order = await command("add-order");
  if (order) say(`Order ${order.short_id} is new.`);
});
for (const button of document.querySelectorAll(".rest button")) {
  button.addEventListener("click", () => {
    limit += 100;
    refresh();
  });
}
$("fault").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const [path, query] = form.get("kind").split("?");
  const options = new URLSearchParams(query);
  options.set("times", form.get("times"));
  if (form.get("operation")) options.set("operation", form.get("operation"));
  if (await command(`${path}?${options}`)) say("The fault waits.");
});
$("chance").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const options = new URLSearchParams({ rate: Number(form.get("percent")) / 100, seed: form.get("seed") });
  if (await command(`set-chaos?${options}`)) say("Chance decides over faults.");
});
$("restore").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (file && await command("restore", await file.text())) say("The snapshot is restored.");
  event.target.value = "";
});
$("reset").addEventListener("click", () => $("sure").showModal());
$("sure-no").addEventListener("click", () => $("sure").close());
$("sure-yes").addEventListener("click", async () => {
  $("sure").close();
  if (await command("reset")) say("The sandbox is reset.");
});
$("transcript").addEventListener("toggle", async (event) => {
  if (!event.target.open) return;
  const response = await fetch("transcript");
  write(event.target.querySelector("pre"), (await response.json()).transcript);
});

// The page holds the first rows; the rest follows once they are painted, and does not slow that.
show(JSON.parse($("first").textContent));
requestAnimationFrame(() => setTimeout(() => {
  setInterval(tick, 1000);
  refresh();
  listen();
}, 100));
