/** Names for the types that are generated from the OpenAPI document. */
import type { components, paths } from './generated/api.ts'

type Schemas = components['schemas']

export type Path = keyof paths
export type Method = 'get' | 'put' | 'post' | 'patch' | 'delete'
/** The methods that a path has. */
export type MethodOf<P extends Path> = {
  [M in Method]: paths[P][M] extends { responses: object } ? M : never
}[Method]
export type Operation<P extends Path, M extends MethodOf<P>> = NonNullable<paths[P][M]>

type Json<Content> = Content extends { content: { 'application/json': infer Body } } ? Body : never
/** The JSON body of a successful response. */
export type Success<Op> = Op extends { responses: infer Responses }
  ? Json<Responses[keyof Responses & (200 | 201 | 202)]>
  : never
/** The JSON body of a request. */
export type Body<Op> = Op extends { requestBody?: infer Request }
  ? Json<NonNullable<Request>>
  : never
/** The parameters of an operation in its path or its query. */
export type Parameters<Op, Place extends 'path' | 'query'> = Op extends {
  parameters: { [Key in Place]?: infer Values }
}
  ? NonNullable<Values>
  : never

/** The body of a successful response to a request. */
export type ResponseBody<P extends Path, M extends MethodOf<P>> = Success<Operation<P, M>>
/** The JSON body of a request. */
export type RequestBody<P extends Path, M extends MethodOf<P>> = Body<Operation<P, M>>
export type Query<P extends Path> =
  'get' extends MethodOf<P> ? Parameters<Operation<P, 'get' & MethodOf<P>>, 'query'> : never

export type Job = Schemas['Job']
export type JobBatchResult = Schemas['JobBatchResult']
export type JobStatus = Job['status']
export type CreatedJob = ResponseBody<'/queue/jobs', 'post'>['jobs'][number]
export type Attempt = Schemas['Attempt']
export type Chunk = Schemas['Chunk']
export type Stats = Schemas['Stats']
export type StoredFile = Schemas['StoredFile']
export type ListedFile = Schemas['FileList']['files'][number]
export type Upload = Schemas['Upload']
export type Queue = Schemas['Queue']
export type QueueSettings = Schemas['QueueSettings']
export type Preset = Schemas['Preset']
export type Rule = Schemas['Rule']
export type RuleTest = Schemas['RuleTest']
export type ApiKey = Schemas['ApiKey']
export type Scope = ApiKey['scopes'][number]
export type Webhook = Schemas['Webhook']
export type CreateWebhook = Schemas['CreateWebhook']
export type ChangeWebhook = Schemas['ChangeWebhook']
export type WebhookDelivery = Schemas['WebhookDelivery']
export type ReplayDeliveries = Schemas['ReplayDeliveries']
/** The body of a message to a webhook. */
export type WebhookPayload = Schemas['WebhookPayload']
export type Probe = Schemas['Probe']
export type VideoStatus = ResponseBody<'/video-status/{path}', 'get'>
export type ApiErrorBody = Schemas['Error']
/** An event of a queue. Heartbeats are not passed on. */
export type QueueEvent = Exclude<Schemas['QueueEvent'], { event: 'heartbeat' }>
