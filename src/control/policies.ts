/** PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy, on streams and consumers. */
import type { ConsumerRef } from '../api/ports.ts';
import { streamArn } from '../model/arn.ts';
import type { PolicyOwner } from '../model/directory.ts';
import type { StreamRef } from '../model/messages.ts';
import { notFound } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import { aside, consumerLabel, consumerNotFound, findConsumer } from './consumers.ts';
import type { ControlContext } from './control-context.ts';
import { active, existing } from './control-context.ts';

export type PolicyResource = StreamRef | ConsumerRef;

export async function putPolicy(
  context: ControlContext,
  resource: PolicyResource,
  policy: string,
): Promise<void> {
  await context.changes.change(resource.account, resource.name, (current) => {
    const record = active(current, resource.account, resource.name);
    return aside(record, context.policies.put(ownerOf(context, resource), policy));
  });
}

/** Null when none is attached; throws ResourceNotFound for a resource that does not exist. */
export function policyOf(context: ControlContext, resource: PolicyResource): string | null {
  return context.policies.get(ownerOf(context, resource)) ?? null;
}

export async function deletePolicy(
  context: ControlContext,
  resource: PolicyResource,
): Promise<void> {
  await context.changes.change(resource.account, resource.name, (current) => {
    const record = active(current, resource.account, resource.name);
    const owner = ownerOf(context, resource);
    if (context.policies.get(owner) === undefined) {
      const text = notFound.policy(arnOf(context, resource));
      throw new ServiceError('ResourceNotFoundException', text);
    }
    return aside(record, context.policies.remove(owner));
  });
}

function ownerOf(context: ControlContext, resource: PolicyResource): PolicyOwner {
  const { account, name } = resource;
  const stored = context.table.get(account, name)?.record ?? null;
  const streamUid = existing(stored, account, name).document.uid;
  if (!('consumer' in resource)) {
    return { streamUid, consumer: null };
  }
  const consumer = findConsumer(context, resource);
  if (consumer === null) {
    throw consumerNotFound(context, resource);
  }
  return { streamUid, consumer };
}

function arnOf(context: ControlContext, resource: PolicyResource): string {
  return 'consumer' in resource
    ? consumerLabel(context, resource)
    : streamArn(context.region, resource.account, resource.name);
}
