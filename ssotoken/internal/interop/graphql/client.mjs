// Reads {"url", "token"} from standard input, and calls the API at url as the vendor's client does. Prints what it returned.
import { readFileSync } from "node:fs";

// The package's exports lead to TypeScript, so its JavaScript is named by its path.
const dist = new URL("node_modules/@tribeplatform/gql-client/dist/", import.meta.url);
const { TribeClient } = await import(new URL("client/tribe.client.js", dist));
const { isForbidden, isNotFound } = await import(new URL("lib/response.js", dist));

const { url, token } = JSON.parse(readFileSync(0, "utf8"));
const client = new TribeClient({ graphqlUrl: url, clientId: "id", clientSecret: "secret" });
const logIn = () => client.getTokens({ networkDomain: "community.example.com", ssoToken: token });
const find = () => client.query({ name: "member", args: { variables: { externalId: "42" }, fields: "basic" } });
const change = (name) => client.mutation({ name, args: { variables: { memberId: id }, fields: "basic" } });
const kind = (e) => (isForbidden(e) ? "forbidden" : isNotFound(e) ? "not found" : e.response.errors[0].code);
const failure = (call) => call.then(() => "none", kind);

const { accessToken, role, member } = await logIn();
client.setToken(await client.generateToken({ networkId: "n" }));
const { id, status } = await find();
const returned = { token: typeof accessToken, role: role.name, member, found: status, calls: {} };
returned.calls.suspendMember = (await change("suspendMember")).status;
returned.suspended = (await find()).status;
returned.refused = await failure(logIn());
returned.calls.unsuspendMember = (await change("unsuspendMember")).status;
returned.calls.logoutMemberSessions = (await change("logoutMemberSessions")).status;
returned.calls.deleteMember = (await client.members.delete({ id })).status;
returned.gone = await failure(find());
client.setToken(accessToken);
returned.ended = await failure(find());
console.log(JSON.stringify(returned));
