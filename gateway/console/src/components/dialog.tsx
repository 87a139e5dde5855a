import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** A modal form. `onClose` is also called by the Escape key. */
export function Dialog(props: {
  readonly title: string
  readonly onSubmit: () => void
  readonly onClose: () => void
  readonly children: ComponentChildren
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          props.onSubmit()
        }}
      >
        <h2 id="dialog-title">{props.title}</h2>
        {props.children}
      </form>
    </dialog>
  )
}
