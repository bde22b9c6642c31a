// What the app's handlers have besides their request: variables, directories.
import { get } from "./api.js";
import { $, element, row } from "./elements.js";

export async function showEnvironment() {
  const { apps } = await get("environment");
  $("environment-rows").replaceChildren(...apps.flatMap(({ channel, app: of, variables }) => variables.map(({ name, value, source }) => row([
    channel ? `${channel} of ${of}` : of, [name, "code"], [value, "code"], [source ?? "", "quiet"],
  ]))));
  $("environment-places").replaceChildren(...apps.flatMap(({ channel, app: of, data, volumes }) => [
    data && element("li", [`/data of ${channel ?? of}: `, element("span", data, "code")]),
    ...(volumes ?? []).map(({ guest, host }) => element("li", [`${guest} of ${channel ?? of}: `, element("span", host, "code")])),
  ]).filter(Boolean));
}
