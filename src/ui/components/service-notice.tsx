import { usePage } from '../lib/page-context.js';
import type { ServiceState } from '../lib/use-service.js';

/** Says why a question cannot be asked yet; silent when it can. */
export function ServiceNotice({ state }: { state: ServiceState }) {
  const { t } = usePage();
  const isDown = state === 'unreachable';
  const shown = state === 'loading' || state === 'indexing' || isDown;
  return (
    <div class="service-notice" role="status">
      {shown && (
        <div class={isDown ? 'notice warn' : 'notice'}>
          <span class="pulse" aria-hidden="true" />
          <p>
            <strong>{t(`service.${state}`)}</strong>
            <span>{t(isDown ? 'service.unreachable.note' : 'service.loading.note')}</span>
          </p>
        </div>
      )}
    </div>
  );
}
