// A real OpenID provider for the browser tests: whoever types a name at it has that name.
// Its configuration is one JSON line on standard input; it prints its issuer once it listens.

import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

import { Provider } from "oidc-provider";

const [line] = await once(createInterface({ input: process.stdin }), "line");
const { clientId, clientSecret, redirectUri } = JSON.parse(line);

const server = createServer();
server.listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code", "refresh_token"],
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
  // Sign-in and consent pages that it brings along.
  features: { devInteractions: { enabled: true } },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({
      sub,
      name: sub,
      preferred_username: sub,
      email: `${sub}@example.org`,
      email_verified: true,
    }),
  }),
});

server.on("request", provider.callback());
console.log(issuer);
