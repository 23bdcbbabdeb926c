// Talks to a channel as Node's own WebSocket does it; a part of talk.py.
//
// usage: node --experimental-websocket talker.mjs URL HELLO FILE CHUNK. HELLO is the first message; then FILE goes out in messages of CHUNK bytes, as
// fast as they are taken, once the server says that it listens, and an empty message; with CHUNK 0 nothing does. Prints each message of the server as a line.
import { readFileSync } from "node:fs";

const [url, hello, file, chunk] = process.argv.slice(2);
const socket = new WebSocket(url);
let begun = false;

function speak() {
  const speech = readFileSync(file);
  const step = Number(chunk);
  if (step === 0) return;
  for (let at = 0; at < speech.length; at += step) socket.send(speech.subarray(at, at + step));
  socket.send(new Uint8Array());
}

socket.onopen = () => socket.send(hello);
socket.onerror = () => console.log(JSON.stringify({ state: "failed" }));
socket.onclose = (event) => console.log(JSON.stringify({ state: "gone", code: event.code }));
socket.onmessage = (event) => {
  console.log(event.data);
  const { state } = JSON.parse(event.data);
  if (state === "talking" && !begun) {
    begun = true;
    speak();
  }
  if (state === "ended") socket.close();
};
