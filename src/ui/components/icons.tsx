import type { ComponentChildren } from 'preact';

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const SendIcon = () => (
  <Icon>
    <path d="M12 19V5M5.5 11.5 12 5l6.5 6.5" />
  </Icon>
);

export const StopIcon = () => (
  <Icon>
    <rect x="7" y="7" width="10" height="10" rx="2" class="icon-solid" />
  </Icon>
);

export const PlusIcon = () => (
  <Icon>
    <path d="M12 5v14M5 12h14" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="M6 6l12 12M18 6 6 18" />
  </Icon>
);

export const CheckIcon = () => (
  <Icon>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);

export const CopyIcon = () => (
  <Icon>
    <rect x="9" y="9" width="10.5" height="10.5" rx="2.5" />
    <path d="M5.5 15A1.5 1.5 0 0 1 4.5 13.5V6.5a2 2 0 0 1 2-2h7A1.5 1.5 0 0 1 15 5.5" />
  </Icon>
);

export const ThumbIcon = ({ down = false }: { down?: boolean }) => (
  <Icon>
    <path
      transform={down ? 'rotate(180 12 12)' : undefined}
      d="M7 10.5V20M7 10.5 11 3.5a2.2 2.2 0 0 1 2.2 2.2V9h4.6a2 2 0 0 1 2 2.3l-1.1 7a2 2 0 0 1-2 1.7H7M7 10.5H5a1.5 1.5 0 0 0-1.5 1.5v6.5A1.5 1.5 0 0 0 5 20h2"
    />
  </Icon>
);

export const RetryIcon = () => (
  <Icon>
    <path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3M19.5 4v4.2h-4.2" />
  </Icon>
);

export const DocumentIcon = () => (
  <Icon>
    <path d="M7 3.5h7l4.5 4.5v11a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 19V5A1.5 1.5 0 0 1 7 3.5ZM13.5 3.5V8.5h5M9 13h6M9 16.5h4" />
  </Icon>
);
