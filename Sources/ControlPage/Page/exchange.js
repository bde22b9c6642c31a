// One request, looked into: what was asked, what was answered, what the handler had, and how long each part took.
import { call, get, send } from "./api.js";
import { $, element, row, button, date, duration, size, attempt, openDialog, download } from "./elements.js";
import { differenceLines } from "./releases.js";

let number;
let exchange;

/** Opens a request of the list. */
export async function openExchange(of) {
  number = of;
  $("exchange-unmasked").checked = false;
  $("exchange-replayed").replaceChildren();
  $("exchange-edit").hidden = true;
  await show();
  openDialog($("exchange"));
}

async function show() {
  exchange = await get(`requests/${number}`, { unmasked: $("exchange-unmasked").checked || undefined });
  $("exchange-title").textContent = `Request ${number}: ${exchange.method} ${exchange.target}`;
  $("exchange-facts").replaceChildren(...Object.entries({
    Time: date(exchange.time), Status: exchange.status ?? "no response", Handler: exchange.handler,
    Revision: exchange.release ?? exchange.revision, Channel: exchange.channel,
    "Replay of": exchange.replayOf, Took: `${duration(exchange.milliseconds)} ms`,
    Memory: exchange.memoryPeak === undefined ? undefined : size(exchange.memoryPeak),
  }).filter(([, value]) => value !== undefined).flatMap(([name, value]) => [element("dt", name), element("dd", String(value))]));
  $("exchange-times").replaceChildren(...Object.entries(exchange.times ?? {}).map(([stage, milliseconds]) =>
    row([stage, [`${duration(milliseconds)} ms`, "figure"]])));
  $("exchange-times-part").hidden = !exchange.times;
  const parts = [];
  if (exchange.trap) parts.push(section("Trap", element("pre", exchange.trap.text ?? exchange.trap)));
  if (exchange.request) parts.push(section("Request", fields(exchange.request.headers), body("request", exchange.request.body)));
  if (exchange.response) parts.push(section("Response", fields(exchange.response.headers), body("response", exchange.response.body)));
  if (exchange.stderr?.length) parts.push(section("Standard error", element("pre", exchange.stderr.join("\n"))));
  if (exchange.environment) parts.push(section("Environment", fields(exchange.environment)));
  if (exchange.arguments?.length) parts.push(section("Arguments", element("pre", exchange.arguments.join("\n"))));
  if (!exchange.request) parts.push(element("p", exchange.note ?? "Its recording is not kept any more.", "quiet"));
  $("exchange-parts").replaceChildren(...parts);
  for (const id of ["exchange-replay", "exchange-change", "exchange-curl", "exchange-har"]) $(id).disabled = !exchange.request;
}

function section(title, ...content) {
  return element("section", [element("h3", title), ...content]);
}

function fields(list) {
  const table = element("table", element("tbody", list.map(({ name, value }) => row([[name, "code quiet"], [value, "code"]]))));
  return element("div", table, "scroll");
}

function body(of, content) {
  if (!content || content.size === 0) return element("p", "No body.", "quiet");
  const note = `${size(content.size)}${content.kept < content.size ? `, of which ${size(content.kept)} are kept` : ""}`;
  const save = button("Save", async () => {
    const response = await send("GET", `requests/${number}/body`, { parameters: { of } });
    if (!response.ok) throw new Error((await response.json()).error);
    download(await response.blob(), `${of}-${number}`);
  }, `Save the body of the ${of}`);
  const made = element("div", [element("p", [element("span", `${note} `, "quiet"), save])]);
  if (content.text !== undefined) {
    const text = element("pre", content.text);
    text.tabIndex = 0;
    text.setAttribute("aria-label", `Body of the ${of}`);
    made.append(text);
  }
  return made;
}

$("exchange-unmasked").addEventListener("change", () => attempt(show));

// MARK: Copies

async function textOf(path) {
  const response = await send("GET", path, { parameters: { unmasked: $("exchange-unmasked").checked || undefined } });
  const text = await response.text();
  if (!response.ok) throw new Error(JSON.parse(text).error);
  return text;
}

$("exchange-curl").addEventListener("click", () => attempt(async () => {
  const text = await textOf(`requests/${number}/curl`);
  await navigator.clipboard?.writeText(text).catch(() => {});
  $("exchange-replayed").replaceChildren(element("p", "As a command (also on the clipboard):"), element("pre", text));
}, $("exchange-curl")));

$("exchange-har").addEventListener("click", () => attempt(async () => {
  download(new Blob([await textOf(`requests/${number}/har`)], { type: "application/json" }), `request-${number}.har`);
}, $("exchange-har")));

$("requests-har").addEventListener("click", () => attempt(async () => {
  const response = await send("GET", "har");
  if (!response.ok) throw new Error((await response.json()).error);
  download(await response.blob(), "requests.har");
}, $("requests-har")));

// MARK: Replay

async function choices() {
  const [{ revisions }, { releases }] = await Promise.all([get("revisions"), get("releases", { limit: 20 })]);
  const options = [["now", "what serves now"],
    ...revisions.slice(0, 20).map(revision => [`revision:${revision.number}`, `revision ${revision.number}`]),
    ...releases.map(({ id }) => [`release:${id}`, id])];
  const select = $("exchange-against");
  const before = select.value;
  select.replaceChildren(...options.map(([value, text]) => {
    const option = element("option", text);
    option.value = value;
    return option;
  }));
  if (options.some(([value]) => value === before)) select.value = before;
}

$("exchange-against").addEventListener("focus", () => attempt(choices));
$("exchange-replay").addEventListener("click", () => attempt(() => replay(), $("exchange-replay")));

$("exchange-change").addEventListener("click", () => {
  $("exchange-edit").hidden = false;
  $("edit-method").value = exchange.method;
  $("edit-target").value = exchange.target;
  $("edit-headers").value = exchange.request.headers.map(({ name, value }) => `${name}: ${value}`).join("\n");
  const text = exchange.request.body?.text;
  $("edit-body").value = text ?? "";
  $("edit-body").disabled = text === undefined && (exchange.request.body?.size ?? 0) > 0;
  $("edit-target").focus();
});

$("exchange-edit").addEventListener("submit", event => {
  event.preventDefault();
  const headers = $("edit-headers").value.split("\n").filter(line => line.trim()).map(line => {
    const colon = line.indexOf(":");
    return { name: line.slice(0, colon < 0 ? line.length : colon).trim(), value: colon < 0 ? "" : line.slice(colon + 1).trim() };
  });
  const edit = { method: $("edit-method").value.trim(), target: $("edit-target").value.trim(), headers };
  if (!$("edit-body").disabled) edit.body = $("edit-body").value;
  attempt(() => replay(edit), event.submitter);
});

async function replay(edit) {
  const result = $("exchange-replayed");
  result.replaceChildren(element("p", "Replaying…"));
  try {
    const replayed = await call("POST", `requests/${number}/replay`, { json: { against: $("exchange-against").value || "now", ...edit && { edit } } });
    const { difference } = replayed;
    result.replaceChildren(
      element("h3", difference.same ? "The answer is the same" : "The answers differ"),
      element("p", ["Request ", button(String(replayed.number), () => openExchange(replayed.number), `Open request ${replayed.number}`),
        ` of the list, against ${replayed.against}.`]),
      ...shown(difference));
  } catch (error) {
    result.replaceChildren(element("p", error.message, "alarm"));
  }
  result.scrollIntoView({ block: "nearest" });
}

function shown({ status, headers = [], body: content }) {
  const parts = [];
  const sides = (name, { from, to }) => row([[name, "code quiet"], [from ?? "–", "code removed"], [to ?? "–", "code added"]]);
  const rows = [...status ? [sides("status", status)] : [], ...headers.map(change => sides(change.name, change)),
    ...(content?.values ?? []).map(change => sides(change.path, change))];
  if (rows.length) {
    const head = element("thead", element("tr", ["What", "Before", "Now"].map(name => element("th", name))));
    parts.push(element("div", element("table", [head, element("tbody", rows)]), "scroll"));
  }
  if (content?.hunks || content?.note) parts.push(element("pre", differenceLines(content)));
  return parts;
}
