// The peer "TypeScript SDK": createMcpHandler on Express, behind mcp-oauth-server's requireBearerAuth.
// The token is looked up in the package's own in-memory model. A 2025 session has a transport and a server of its own,
// as the SDK documents it; answers are JSON rather than event streams.
import { randomUUID } from 'node:crypto';
import express from 'express';
import { createMcpHandler, isInitializeRequest, McpServer } from '@modelcontextprotocol/server';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { MemoryOAuthServerModel, OAuthServer, requireBearerAuth } from 'mcp-oauth-server';
import { z } from 'zod';

const { PORT, BENCH_TOKEN, BENCH_TOOLS = '0' } = process.env;
const resource = new URL(`http://127.0.0.1:${PORT}/mcp`);

const greeting = z.object({ name: z.string() });
const place = z.object({ city: z.string(), days: z.number().int().default(3), metric: z.boolean().default(true) });
const forecast = {
    description: 'Forecast the weather of a city for some days, in metric units or those of the United States.',
    inputSchema: place
};

function text(value) {
    return { content: [{ type: 'text', text: value }] };
}

function makeServer() {
    const server = new McpServer({ name: 'bench', version: '1' });
    server.registerTool('greet', { description: 'Greet somebody.', inputSchema: greeting }, async ({ name }) =>
        text(`Hello, ${name}!`)
    );
    for (let number = 1; number < Number(BENCH_TOOLS); number++) {
        server.registerTool(`forecast_${number}`, forecast, async ({ city, days, metric }) =>
            text(`${city}: sun for ${days} days, ${metric ? '20 °C' : '68 °F'}`)
        );
    }
    return server;
}

const model = new MemoryOAuthServerModel();
await model.saveAccessToken({
    token: BENCH_TOKEN,
    clientId: 'bench',
    userId: '1',
    scopes: ['mcp'],
    resource: resource.href,
    expiresAt: new Date(Date.now() + 24 * 3600 * 1000)
});
const oauth = new OAuthServer({
    model,
    issuerUrl: resource,
    authorizationUrl: new URL('/consent', resource),
    scopesSupported: ['mcp']
});

const modern = toNodeHandler(createMcpHandler(makeServer, { responseMode: 'json' }));
const sessions = new Map();

async function sessionOf(req) {
    const known = sessions.get(req.headers['mcp-session-id']);
    if (known || !isInitializeRequest(req.body)) return known;
    const transport = new NodeStreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        enableJsonResponse: true,
        onsessioninitialized: id => sessions.set(id, transport)
    });
    await makeServer().connect(transport);
    return transport;
}

const app = express();
app.disable('x-powered-by');
app.use(express.json({ limit: '4mb' }));
app.use(requireBearerAuth({ verifier: oauth, requiredScopes: ['mcp'], resource }));
app.all('/mcp', async (req, res) => {
    const transport = req.headers['mcp-session-id'] || isInitializeRequest(req.body) ? await sessionOf(req) : undefined;
    if (transport) await transport.handleRequest(req, res, req.body);
    else await modern(req, res, req.body);
});
app.listen(Number(PORT), '127.0.0.1');
