// Tells which characters beyond ASCII become letters or hyphens of it by NFKC or a change of case, and which.
const letters = {};
for (let c = 0x80; c < 0x110000; c++) {
  if (c >= 0xd800 && c < 0xe000) continue;
  const s = String.fromCodePoint(c);
  for (const form of [s, s.toUpperCase(), s.toLowerCase()]) {
    const mapped = form.normalize("NFKC").toLowerCase();
    if (/^[a-z-]+$/.test(mapped)) letters[s] = mapped;
  }
}
console.log(JSON.stringify(letters));
