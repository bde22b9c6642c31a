// Makes an archive of files (POSIX.1-1988 "ustar", with pax records for long names and names that are not ASCII).

const blockSize = 512;
const encoder = new TextEncoder();

/** A Blob of `[{ path, file }]`: the files are read when it is sent. */
export function tar(entries) {
  const parts = [];
  for (const { path, file } of entries) {
    const name = encoder.encode(path);
    if (name.length > 100 || name.some(byte => byte >= 0x80)) {
      const record = paxRecord("path", path);
      add(header(encoder.encode("pax"), record.length, "x"), record, record.length);
    }
    add(header(name.subarray(0, 100).map(byte => byte < 0x80 ? byte : 0x5F), file.size, "0"), file, file.size);
  }
  parts.push(new Uint8Array(2 * blockSize));
  return new Blob(parts, { type: "application/x-tar" });

  function add(head, content, length) {
    parts.push(head, content, new Uint8Array((blockSize - length % blockSize) % blockSize));
  }
}

/** "LENGTH KEY=VALUE\n", where the length counts itself. */
function paxRecord(key, value) {
  const rest = encoder.encode(` ${key}=${value}\n`);
  let length = rest.length + 1;
  while (rest.length + String(length).length !== length) length = rest.length + String(length).length;
  return new Uint8Array([...encoder.encode(String(length)), ...rest]);
}

function header(name, size, type) {
  const block = new Uint8Array(blockSize);
  const put = (text, offset) => block.set(encoder.encode(text), offset);
  const octal = (number, digits) => number.toString(8).padStart(digits, "0") + "\0";
  block.set(name);
  put(octal(0o644, 7), 100);
  put(octal(0, 7), 108);
  put(octal(0, 7), 116);
  put(octal(size, 11), 124);
  put(octal(0, 11), 136);
  put("        ", 148);
  put(type, 156);
  put("ustar\0" + "00", 257);
  put(octal(block.reduce((sum, byte) => sum + byte, 0), 6) + " ", 148);
  return block;
}
