/** The field for files: they are dropped or chosen. */
import { useState } from 'preact/hooks'
import { formatBytes } from '../format.ts'

interface Props {
  files: File[]
  onFiles: (files: File[]) => void
}
export function DropZone({ files, onFiles }: Props) {
  const [isOver, setOver] = useState(false)
  function drop(event: DragEvent): void {
    event.preventDefault()
    setOver(false)
    onFiles([...(event.dataTransfer?.files ?? [])])
  }
  return (
    <label
      class={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {files.length === 0
        ? 'Drop files here, or choose them'
        : files.map(({ name, size }) => `${name} (${formatBytes(size)})`).join(', ')}
      <input
        type="file"
        multiple
        onChange={({ currentTarget }) => onFiles([...(currentTarget.files ?? [])])}
      />
    </label>
  )
}
