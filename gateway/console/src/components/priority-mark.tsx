import type { Priority } from '../../../alarm-model.ts'

/** Each priority has its own outline, so that it is told apart without its colour. */
const SHAPES: Readonly<Record<Priority, string>> = {
  urgent: 'M7 1.5h10L22.5 7v10L17 22.5H7L1.5 17V7z',
  high: 'M12 2 23 21.5H1z',
  medium: 'M12 1.5 22.5 12 12 22.5 1.5 12z',
  low: 'M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20z',
}
const SIGNS: Readonly<Record<Priority, string>> = {
  urgent: 'M12 6v7.5M12 17v.5',
  high: 'M12 9v5.5M12 17.7v.3',
  medium: 'M12 7.5v5.5M12 16v.3',
  low: 'M12 7v.3M12 11v6',
}

/** The words stand beside it, so it says nothing to a screen reader. */
export function PriorityMark({ priority, hollow = false }: { readonly priority: Priority; readonly hollow?: boolean }) {
  return (
    <svg class={`mark ${priority} ${hollow ? 'hollow' : ''}`} viewBox="0 0 24 24" aria-hidden="true">
      <path class="shape" d={SHAPES[priority]} />
      <path class="sign" d={SIGNS[priority]} />
    </svg>
  )
}
