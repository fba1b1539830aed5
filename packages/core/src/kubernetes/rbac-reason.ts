/**
 * The grant that allowed a request, parsed from the annotation authorization.k8s.io/reason.
 *
 * The RBAC authorizer writes (k8s.io/kubernetes pkg/registry/rbac/validation/rule.go, with Go's %q):
 *   RBAC: allowed by RoleBinding "alice-dev/team-a" of ClusterRole "developer" to User "alice"
 * A binding with a namespace is name/namespace, so is a ServiceAccount subject. The reason is empty for
 * system:masters and for the Node authorizer; other authorizers write what they like.
 */
export interface Grant {
  readonly decision: string;
  /** The authorizer's own reason; null where binding, role and subject have all of it. */
  readonly reason: string | null;
  readonly binding: GrantBinding | null;
  readonly role: GrantRole | null;
  readonly subject: GrantSubject | null;
}

export interface GrantBinding {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
}

export interface GrantRole {
  readonly kind: string;
  readonly name: string;
}

export interface GrantSubject {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
}

export interface RbacGrant {
  readonly binding: GrantBinding;
  readonly role: GrantRole;
  readonly subject: GrantSubject;
}

const QUOTED = '"((?:[^"\\\\]|\\\\.)*)"';
const RBAC_REASON = new RegExp(
  `^RBAC: allowed by (RoleBinding|ClusterRoleBinding) ${QUOTED} of (Role|ClusterRole) ${QUOTED} to (User|Group|ServiceAccount) ${QUOTED}$`,
);

/** Undefined when the reason is not the RBAC authorizer's, or a name in it is empty. */
export function parseRbacReason(reason: string): RbacGrant | undefined {
  const match = RBAC_REASON.exec(reason);
  if (match === null) return undefined;
  const [
    bindingKind = '',
    bindingText = '',
    roleKind = '',
    roleText = '',
    subjectKind = '',
    subjectText = '',
  ] = match.slice(1);
  const grant: RbacGrant = {
    binding: { kind: bindingKind, ...named(unquote(bindingText), bindingKind === 'RoleBinding') },
    role: { kind: roleKind, name: unquote(roleText) },
    subject: { kind: subjectKind, ...named(unquote(subjectText), subjectKind === 'ServiceAccount') },
  };
  const names = [
    grant.binding.name,
    grant.binding.namespace,
    grant.role.name,
    grant.subject.name,
    grant.subject.namespace,
  ];
  return names.includes('') ? undefined : grant;
}

function named(
  text: string,
  namespaced: boolean,
): { readonly name: string; readonly namespace: string | null } {
  const slash = namespaced ? text.lastIndexOf('/') : -1;
  return slash === -1
    ? { name: text, namespace: null }
    : { name: text.slice(0, slash), namespace: text.slice(slash + 1) };
}

const GO_ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Undoes Go's strconv.Quote, given the text between the quotes. */
function unquote(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/g,
    (_whole, x?: string, u?: string, long?: string, single?: string) => {
      // Go writes \x for control characters and for bytes that are no UTF-8.
      if (x !== undefined && Number.parseInt(x, 16) >= 0x80) return '\ufffd';
      const hex = x ?? u ?? long;
      if (hex === undefined) return GO_ESCAPES[single ?? ''] ?? single ?? '';
      const point = Number.parseInt(hex, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
    },
  );
}
