/** Events with a secret planted in them. */
import type { SecretForm } from '../../../../support/secret-forms.ts';
import { CONTAINER, type Json, podCreated } from '../../alert/creations.ts';

export function planted({ place }: SecretForm): Json {
  if ('annotation' in place)
    return podCreated({ metadata: { annotations: Object.fromEntries([place.annotation]) } });
  if ('label' in place) return podCreated({ metadata: { labels: Object.fromEntries([place.label]) } });
  if ('command' in place)
    return podCreated({ spec: { containers: [{ ...CONTAINER, command: place.command }] } });
  if ('args' in place) return podCreated({ spec: { containers: [{ ...CONTAINER, args: place.args }] } });
  if ('image' in place) return podCreated({ spec: { containers: [{ ...CONTAINER, image: place.image }] } });
  if ('userAgent' in place) return podCreated({ event: { userAgent: place.userAgent } });
  if ('group' in place)
    return podCreated({
      event: { user: { username: 'alice', groups: [place.group, 'system:authenticated'] } },
    });
  if ('extra' in place)
    return podCreated({
      event: { user: { username: 'alice', extra: { [place.extra[0]]: [place.extra[1]] } } },
    });
  if ('hostPath' in place)
    return podCreated({ spec: { volumes: [{ name: 'v', hostPath: { path: place.hostPath } }] } });
  if ('mountPath' in place)
    return podCreated({
      spec: { containers: [{ ...CONTAINER, volumeMounts: [{ name: 'v', mountPath: place.mountPath }] }] },
    });
  if ('requestPath' in place)
    return podCreated({ event: { requestURI: `/api/v1/namespaces/shop/pods/${place.requestPath}` } });
  if ('query' in place)
    return podCreated({
      event: {
        requestURI: `/api/v1/namespaces/shop/pods?fieldManager=${encodeURIComponent(place.query)}&${place.query}`,
      },
    });
  return podCreated({ event: { sourceIPs: [place.address, '10.0.0.9', place.address] } });
}
