/** `/rules`: which jobs are made when a file arrives in the bucket. */
import { z } from '@hono/zod-openapi'
import { successBody } from '../../contract/job.ts'
import {
  changeRule as changeRuleBody,
  createRule as createRuleBody,
  rule,
  ruleList,
  ruleTest,
  testRules as testRulesBody,
} from '../../contract/rule.ts'
import { readRules, testRules } from '../../services/rules/listRules.ts'
import {
  changeRule,
  createRule,
  deleteRule,
  readRule,
  serializeRule,
} from '../../services/rules/rules.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi, jsonBody } from '../router.ts'

const tags = ['rules']
const read = requiresScope('jobs:read')
const write = requiresScope('rules:write')
const params = z.object({ ruleId: z.string() })

const listRoute = route(read, {
  tags,
  operationId: 'listRules',
  method: 'get',
  path: '/rules',
  summary: 'List the rules, oldest first, and count the notifications of the bucket',
  responses: { 200: json(ruleList, 'The rules') },
})

const createRoute = route(write, {
  tags,
  operationId: 'createRule',
  method: 'post',
  path: '/rules',
  summary: 'Create a rule, for the files that arrive from now on',
  request: { body: jsonBody(createRuleBody) },
  responses: {
    201: json(rule, 'The rule'),
    ...errors('queue_not_found', 'invalid_transformation'),
  },
})

const testRoute = route(read, {
  tags,
  operationId: 'testRules',
  method: 'post',
  path: '/rules/test',
  summary: 'Get the rules that match a file, and the jobs that they would make',
  request: { body: jsonBody(testRulesBody) },
  responses: { 200: json(ruleTest, 'The rules that match'), ...errors('invalid_path') },
})

const getRoute = route(read, {
  tags,
  operationId: 'getRule',
  method: 'get',
  path: '/rules/{ruleId}',
  summary: 'Get a rule',
  request: { params },
  responses: { 200: json(rule, 'The rule'), ...errors('rule_not_found') },
})

const changeRoute = route(write, {
  tags,
  operationId: 'changeRule',
  method: 'patch',
  path: '/rules/{ruleId}',
  summary: 'Change a rule, for the files that arrive from now on',
  request: { params, body: jsonBody(changeRuleBody) },
  responses: {
    200: json(rule, 'The changed rule'),
    ...errors('rule_not_found', 'queue_not_found', 'invalid_transformation'),
  },
})

const deleteRoute = route(write, {
  tags,
  operationId: 'deleteRule',
  method: 'delete',
  path: '/rules/{ruleId}',
  summary: 'Delete a rule. The jobs that it made stay.',
  request: { params },
  responses: { 200: json(successBody, 'The rule was deleted'), ...errors('rule_not_found') },
})

export const ruleRoutes = createApi()
  .openapi(listRoute, async (c) => c.json(await readRules(c.get('platform'), c.get('caller')), 200))
  .openapi(createRoute, async (c) => {
    const created = await createRule(c.get('platform'), c.get('caller'), c.req.valid('json'))
    if (!created.ok) {
      return errorResponse(c, created)
    }
    return c.json(serializeRule(created.row), 201)
  })
  .openapi(testRoute, async (c) => {
    const tested = await testRules(c.get('platform'), c.get('caller'), c.req.valid('json'))
    if (!tested.ok) {
      return errorResponse(c, tested)
    }
    return c.json(tested.result, 200)
  })
  .openapi(getRoute, async (c) => {
    const { ruleId } = c.req.valid('param')
    const found = await readRule(c.get('platform'), c.get('caller'), ruleId)
    if (!found.ok) {
      return errorResponse(c, found)
    }
    return c.json(serializeRule(found.row), 200)
  })
  .openapi(changeRoute, async (c) => {
    const { ruleId } = c.req.valid('param')
    const changes = c.req.valid('json')
    const changed = await changeRule(c.get('platform'), c.get('caller'), ruleId, changes)
    if (!changed.ok) {
      return errorResponse(c, changed)
    }
    return c.json(serializeRule(changed.row), 200)
  })
  .openapi(deleteRoute, async (c) => {
    const { ruleId } = c.req.valid('param')
    const deleted = await deleteRule(c.get('platform'), c.get('caller'), ruleId)
    if (!deleted.ok) {
      return errorResponse(c, deleted)
    }
    return c.json({ success: true as const, message: 'Rule deleted' }, 200)
  })
