// Runs a route handler at /community/[page] as Next.js does, and prints the port: node nextjs.mjs ROUTE
import http from "node:http";
import { buffer } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const route = await import(pathToFileURL(process.argv[2]));
const answer = async (req, res) => {
  const url = new URL(req.url, `http://${req.headers.host}`);
  const page = /^\/community\/([^/]+)$/.exec(url.pathname)?.[1];
  const handler = page && (route[req.method] ?? (req.method === "HEAD" && route.GET)); // HEAD is GET by default
  if (!handler) return res.writeHead(page ? 405 : 404).end();
  const body = req.method === "POST" ? await buffer(req) : undefined;
  const request = new Request(url, { method: req.method, headers: req.headers, body });
  const cookies = new Map((req.headers.cookie ?? "").split("; ").map((pair) => pair.split("=")));
  request.cookies = { get: (name) => cookies.has(name) ? { name, value: cookies.get(name) } : undefined };
  const response = await handler(request, { params: Promise.resolve({ page }) });
  res.writeHead(response.status, [...response.headers].flat()).end(Buffer.from(await response.arrayBuffer()));
};
const server = http.createServer((req, res) => answer(req, res).catch(() => res.writeHead(500).end()));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
