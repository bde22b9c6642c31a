// Upload tokens: what lets somebody hand in projects, and nothing else.
import { call, get } from "./api.js";
import { $, element, row, button, date, attempt } from "./elements.js";

export async function showTokens() {
  const { tokens } = await get("tokens");
  const rows = tokens.map(({ id, label, names, channels, expires, expired }) => row([
    label, [names.join(", "), "code"], [channels.join(", "), "code"],
    expires === null ? "never" : [date(expires), expired ? "alarm" : ""],
    [button("Revoke", () => revoke(id, label), `Revoke the token of ${label}`), "figure"],
  ]));
  $("tokens-rows").replaceChildren(...rows.length ? rows : [row([["Nobody has a token.", "quiet"], "", "", "", ""])]);
}

async function revoke(id, label) {
  if (!confirm(`Revoke the token of ${label}?`)) return;
  await call("DELETE", "token", { parameters: { id } });
  $("token-made").replaceChildren();
  await showTokens();
}

const words = id => $(id).value.split(/[\s,]+/).filter(Boolean);

$("token-new").addEventListener("submit", event => {
  event.preventDefault();
  attempt(async () => {
    const json = { label: $("token-label").value.trim(), names: words("token-names"), channels: words("token-channels") };
    if ($("token-days").value) json.days = Number($("token-days").value);
    const { token } = await call("POST", "tokens", { json });
    $("token-made").replaceChildren("The token, which is shown only now: ", element("code", token));
    $("token-new").reset();
    await showTokens();
  }, event.submitter);
});
