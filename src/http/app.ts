import { OpenAPIHono } from '@hono/zod-openapi';
import { KakehashiError } from '../errors.js';
import { createAdmission } from './admission.js';
import type { AppEnv, HttpNeeds } from './env.js';
import { respondProblem, toFieldErrors } from './errors.js';
import { DEFAULT_LIMITS, type HttpLimits } from './limits.js';
import { requestContext } from './middleware/request-context.js';
import { requestLog } from './middleware/request-log.js';
import { LOOPBACK_HOSTS, sameOrigin } from './middleware/same-origin.js';
import { createReplays } from './replay.js';
import { addAboutRoute } from './routes/about.js';
import { addAdapterRoute } from './routes/adapters.js';
import { addAnswerRoute } from './routes/answer.js';
import { addDocumentRoute } from './routes/documents.js';
import { addFeedbackRoute } from './routes/feedback.js';
import { addHealthRoutes } from './routes/health.js';
import { addOpenApiRoute } from './routes/openapi.js';
import { addOriginalRoute } from './routes/originals.js';
import { addPageRoutes } from './routes/page.js';
import { addSearchRoute } from './routes/search.js';

export type AppOptions = Omit<HttpNeeds, 'limits'> & {
  /** Folder of the built chat page; without it there is no page. */
  staticDir: string;
  /** Of the service, for `/openapi.json`. */
  version: string;
  /** Defaults to `DEFAULT_LIMITS`, one by one. */
  limits?: Partial<HttpLimits>;
  /** Names in `Host`, without port, that are answered. Defaults to those of loopback. */
  allowedHosts?: readonly string[];
};

export type App = OpenAPIHono<AppEnv>;

/** The whole service over HTTP, not yet bound to a port. */
export function createApp(options: AppOptions): App {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const needs = {
    ...options,
    limits,
    admission: createAdmission(limits.concurrentRequests),
    replays: createReplays({
      entries: limits.replayEntries,
      bytes: limits.replayBytes,
      keepMs: limits.replayMs,
      now: options.now,
    }),
  };
  const app: App = new OpenAPIHono<AppEnv>({
    defaultHook(result, c) {
      if (result.success) return;
      return respondProblem(c, invalidFields(), { errors: toFieldErrors(result.error) });
    },
  });

  app.use(requestContext(needs));
  app.use(requestLog(needs));
  app.use(sameOrigin(options.allowedHosts ?? LOOPBACK_HOSTS));

  addAnswerRoute(app, needs);
  addSearchRoute(app, needs);
  addDocumentRoute(app, needs);
  addOriginalRoute(app, needs);
  addFeedbackRoute(app, needs);
  addAboutRoute(app, needs);
  addAdapterRoute(app, needs);
  addHealthRoutes(app, needs);
  addOpenApiRoute(app, options.version);
  addPageRoutes(app, options.staticDir);

  app.onError((error, c) => respondProblem(c, error));
  app.notFound((c) => {
    const allowed = allowedMethods(app, c.req.path);
    if (allowed.length === 0) return respondProblem(c, unknownAddress());
    return respondProblem(c, unknownMethod(allowed), {
      status: 405,
      headers: { Allow: allowed.join(', ') },
    });
  });
  return app;
}

function invalidFields(): KakehashiError {
  return new KakehashiError('request.invalid', 'Fields of the request are wrong.', {
    remedy: 'Correct the fields under "errors"; /openapi.json describes all of them.',
  });
}

function unknownAddress(): KakehashiError {
  return new KakehashiError('route.not_found', 'There is nothing at this address.', {
    remedy: 'All addresses are in /openapi.json; the page is built by `npm run build`.',
  });
}

function unknownMethod(allowed: readonly string[]): KakehashiError {
  return new KakehashiError('route.not_found', 'This address does not take this method.', {
    remedy: `Use ${allowed.join(' or ')}.`,
  });
}

/** Methods with a route of their own for `path`; middleware is registered for all methods. */
function allowedMethods(app: App, path: string): string[] {
  return ['GET', 'POST'].filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method !== 'ALL'),
  );
}
