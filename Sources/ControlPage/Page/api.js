// The API behind the page, and the token that it may ask for.

const tokenKey = "token";
if (location.hash.startsWith("#token=")) {
  sessionStorage.setItem(tokenKey, decodeURIComponent(location.hash.slice("#token=".length)));
  history.replaceState(null, "", location.pathname);
}

/** The sandbox asks for a token, and has not got the right one. */
export class TokenWanted extends Error {}

export function setToken(text) {
  if (text) sessionStorage.setItem(tokenKey, text); else sessionStorage.removeItem(tokenKey);
}

/** Sends a request to the API. `json` goes into the body as such; `body`, with its media type, as it is. */
export async function send(method, path, { parameters = {}, json, body, type } = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== "" && value !== undefined));
  const token = sessionStorage.getItem(tokenKey);
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (json !== undefined) type = "application/json";
  if (type) headers["Content-Type"] = type;
  const response = await fetch(`/api/v1/${path}${query.size ? `?${query}` : ""}`, {
    method, headers, body: json === undefined ? body : JSON.stringify(json), credentials: "omit", cache: "no-store",
  });
  if (response.status === 401) throw new TokenWanted();
  return response;
}

/** As `send`, for an answer in JSON. Throws what the sandbox says is wrong. */
export async function call(method, path, options) {
  const response = await send(method, path, options);
  const text = await response.text();
  const object = text ? JSON.parse(text) : {};
  if (!response.ok) throw Object.assign(new Error(object.error ?? `${method} ${path}: ${response.status}`), { status: response.status });
  return object;
}

/** Does something once more, so that it replaces what is there, if that is in its way and the developer agrees. */
export async function orReplace(work) {
  try {
    return await work({});
  } catch (error) {
    if (error.status !== 409 || !confirm(`${error.message}\n\nReplace it?`)) throw error;
    return work({ replace: true });
  }
}

export const get = (path, parameters) => call("GET", path, { parameters });

/** Calls `take(name, object)` for each event, until the stream ends. EventSource cannot send a token. */
export async function followEvents(take) {
  const response = await send("GET", "events");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    let end;
    while ((end = text.indexOf("\n\n")) >= 0) {
      let name = "message";
      const data = [];
      for (const line of text.slice(0, end).split("\n")) {
        if (line.startsWith("event: ")) name = line.slice(7);
        if (line.startsWith("data: ")) data.push(line.slice(6));
      }
      text = text.slice(end + 2);
      if (data.length) take(name, JSON.parse(data.join("\n")));
    }
  }
}
