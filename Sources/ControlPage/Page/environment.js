// What the app's handlers have besides their request: variables, directories.
import { get } from "./api.js";
import { $, element, row, size } from "./elements.js";

export async function showEnvironment() {
  const { app, channels, dotenv, dataLimit } = await get("environment");
  const all = [["the app", app], ...channels.map(channel => [`${channel.name} of ${channel.app}`, channel])];
  const rows = all.flatMap(([of, { variables }]) => variables.map(({ name, value, secret, source }) => row([
    of, [name, "code"], secret ? ["hidden", "quiet"] : [value, "code"], [source, "quiet"],
  ])));
  $("environment-rows").replaceChildren(...rows.length ? rows : [row([["No variables are set.", "quiet"], "", "", ""])]);
  const limit = dataLimit === undefined ? "" : `, at most ${size(dataLimit)}`;
  $("environment-places").replaceChildren(
    ...all.filter(([, { data }]) => data).map(([of, { data }]) => element("li", [`/data of ${of}: `, element("span", data, "code"), limit])),
    ...dotenv.length ? [element("li", [".env sets ", element("span", dotenv.join(", "), "code")])] : []);
}
