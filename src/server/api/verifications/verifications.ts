import Type from 'typebox';
import { type Endpoint, endpoint, jsonBody } from '../../http/endpoint.ts';
import { ProblemError } from '../../http/problem.ts';
import { basePathOf } from '../../http/proxy.ts';
import { NO_STORE } from '../../http/reply.ts';
import {
  VERIFICATION_NOT_FOUND,
  VERIFICATION_RUNNING,
  type VerificationJson,
  VerificationListSchema,
  type VerificationRequestJson,
  VerificationRequestSchema,
  VerificationSchema,
} from './schemas.ts';

/** Verifications that this process runs beside its work, one at a time. Answers are what the schemas say. */
export interface VerificationDesk {
  /** The last ones, newest first. */
  list(): VerificationJson[];
  find(id: number): VerificationJson | undefined;
  /** The one that was started, or the one that runs already. */
  start(request: VerificationRequestJson): {
    readonly started: boolean;
    readonly verification: VerificationJson;
  };
  /** Ends it if it runs; as it is then. Undefined when there is none. */
  cancel(id: number): Promise<VerificationJson | undefined>;
}

const PATH = '/api/v1/verifications';
const COMMON = { tag: 'verification', access: 'guarded', ofFirstProcess: true } as const;
const params = Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) });
const ONE = { description: 'How far it is, or what it has found', schema: VerificationSchema } as const;

/** `/api/v1/verifications`: prove in the background that nothing was lost, look on, cancel. */
export function verificationEndpoints({
  verifications,
}: {
  readonly verifications: VerificationDesk;
}): Endpoint[] {
  const none = (id: number) => new ProblemError(VERIFICATION_NOT_FOUND, undefined, { id });
  return [
    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: PATH,
        operationId: 'listVerifications',
        summary: 'The last verifications of this process, newest first',
        responses: { 200: { description: 'At most ten', schema: VerificationListSchema } },
      },
      () => ({ status: 200, json: { verifications: verifications.list() }, headers: NO_STORE }),
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: PATH,
        operationId: 'startVerification',
        summary: 'Hold every message of the topic against PostgreSQL and the dead letters, in the background',
        description:
          'What `test-service verify` does, in a process of its own. It changes nothing. Messages that come in after its start are left out.',
        body: jsonBody(VerificationRequestSchema),
        responses: {
          202: { ...ONE, description: 'It has begun', headers: { Location: 'Where to look on' } },
        },
        problems: [VERIFICATION_RUNNING],
      },
      ({ body, raw }) => {
        const { started, verification } = verifications.start(body);
        const location = `${basePathOf(raw)}${PATH}/${verification.id}`;
        if (!started)
          throw new ProblemError(VERIFICATION_RUNNING, undefined, { running: location }, { location });
        return { status: 202, json: verification, headers: { ...NO_STORE, location } };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: `${PATH}/{id}`,
        operationId: 'getVerification',
        summary: 'How far a verification is, or what it has found',
        params,
        responses: { 200: ONE },
        problems: [VERIFICATION_NOT_FOUND],
      },
      ({ params: { id } }) => {
        const found = verifications.find(id);
        if (found === undefined) throw none(id);
        return { status: 200, json: found, headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: `${PATH}/{id}/cancel`,
        operationId: 'cancelVerification',
        summary: 'End a verification that runs; one that has ended stays as it is',
        params,
        responses: { 200: ONE },
        problems: [VERIFICATION_NOT_FOUND],
      },
      async ({ params: { id } }) => {
        const found = await verifications.cancel(id);
        if (found === undefined) throw none(id);
        return { status: 200, json: found, headers: NO_STORE };
      },
    ),
  ];
}
