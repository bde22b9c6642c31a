// Channels: releases that are served beside the working copy.
import { call, get } from "./api.js";
import { $, element, row, button, link, attempt, openDialog } from "./elements.js";
import { app } from "./now.js";

let channels = [];

/** A name for a new channel: this one, or one like it that there is not. */
export function channelName(wanted) {
  let name = wanted;
  for (let number = 2; channels.some(channel => channel.name === name); number += 1) name = `${wanted}${number}`;
  return name;
}

export async function showChannels() {
  ({ channels } = await get("channels"));
  $("channels-count").textContent = channels.length === 1 ? "1 channel" : `${channels.length} channels`;
  $("channels-rows").replaceChildren(...channels.map(channel => row([
    [element("strong", channel.name)], [channel.app, "code"],
    channel.pin ? `pinned to ${channel.pin}` : channel.range ? `newest of ${channel.range}` : "newest release",
    [channel.release ?? "no release", channel.release ? "code" : "alarm"], [channel.url ? link(channel.url, channel.url) : channel.host],
    [channel.error ? element("span", `${channel.error}${channel.serving ? ` ${channel.serving} still serves.` : ""}`, "alarm") : channel.state ?? ""],
    [element("span", [
      button("Change", () => edit(channel), `Change the channel ${channel.name} of ${channel.app}`), " ",
      button("Remove", () => remove(channel), `Remove the channel ${channel.name} of ${channel.app}`),
    ]), "figure"],
  ])));
}

async function remove({ app: of, name }) {
  if (!confirm(`Remove the channel ${name} of ${of}? Its data directory stays.`)) return;
  await call("DELETE", "channel", { parameters: { app: of, name } });
  await showChannels();
}

/** Makes or changes a channel. */
export async function addChannel({ app: of, name, ...settings }) {
  const { channel } = await call("PUT", "channel", { parameters: { app: of, name }, json: settings });
  await showChannels();
  if (channel.url) $("channels-made").replaceChildren(`${name} serves at `, link(channel.url, channel.url));
}

// MARK: The form

const form = $("channel");

function edit(channel) {
  $("channel-title").textContent = channel.name ? `The channel ${channel.name} of ${channel.app}` : "A new channel";
  $("channel-app").value = channel.app ?? (app?.bindle ? app.bindle.slice(0, app.bindle.lastIndexOf("/")) : "");
  $("channel-name").value = channel.name ?? channelName("stable");
  for (const id of ["channel-app", "channel-name"]) $(id).readOnly = channel.name !== undefined;
  $("channel-pin").value = channel.pin ?? "";
  $("channel-range").value = channel.range ?? "";
  $("channel-host").value = channel.hasOwnHost ? channel.host : "";
  $("channel-env").value = "";
  $("channel-error").textContent = "";
  openDialog($("channel-dialog"));
}

$("channel-add").addEventListener("click", () => edit({}));

form.addEventListener("submit", event => {
  event.preventDefault();
  attempt(async () => {
    const pin = $("channel-pin").value.trim();
    const settings = pin ? { pin } : { range: $("channel-range").value.trim() };
    settings.host = $("channel-host").value.trim() || null;
    const variables = $("channel-env").value.split("\n").filter(line => line.trim());
    settings.env = Object.fromEntries(variables.map(line => {
      const sign = line.indexOf("=");
      return sign < 0 ? [line.trim(), null] : [line.slice(0, sign).trim(), line.slice(sign + 1)];
    }));
    try {
      await addChannel({ app: $("channel-app").value.trim(), name: $("channel-name").value.trim(), ...settings });
      $("channel-dialog").close();
    } catch (error) {
      $("channel-error").textContent = error.message;
    }
  }, event.submitter);
});

// MARK: Publishing

/** Asks for the channel that a release is published to, and pins it there. */
export async function publish(id) {
  const slash = id.lastIndexOf("/");
  const [of, version] = [id.slice(0, slash), id.slice(slash + 1)];
  const own = channels.filter(channel => channel.app === of);
  $("publish-title").textContent = `Publish ${id}`;
  $("publish-channels").replaceChildren(
    ...own.map(({ name, release }) => element("li", [
      button(`To ${name}`, () => put(name)), element("span", release ? ` serves ${release} now` : " serves nothing now", "quiet"),
    ])),
    element("li", button("To a new channel", () => put(channelName("stable")))));
  openDialog($("publish-dialog"));

  async function put(name) {
    await addChannel({ app: of, name, pin: version });
    $("publish-dialog").close();
  }
}
