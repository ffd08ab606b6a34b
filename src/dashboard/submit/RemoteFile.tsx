/** The URL of a file on another server, which is imported instead of a file of this device. */

export interface Remote {
  url: string
  /** The name under which the file is stored. */
  name: string
}

interface Props {
  remote: Remote
  /** True if files of this device are chosen, which come first. */
  isDisabled: boolean
  onChange: (remote: Remote) => void
}
export function RemoteFile({ remote, isDisabled, onChange }: Props) {
  return (
    <div class="fields">
      <label>
        Or import from a URL
        <input
          name="url"
          disabled={isDisabled}
          type="url"
          placeholder="https://media.example.com/film.mp4"
          value={remote.url}
          onInput={({ currentTarget }) => {
            const url = currentTarget.value.trim()
            onChange({ url, name: findName(url) })
          }}
        />
        <small>The service fetches the file, and then starts its jobs.</small>
      </label>
      {remote.url !== '' && (
        <label>
          Name of the file
          <input
            name="remote-name"
            required
            disabled={isDisabled}
            value={remote.name}
            onInput={({ currentTarget }) => onChange({ ...remote, name: currentTarget.value })}
          />
        </label>
      )}
    </div>
  )
}

/** Returns the last segment of the path of a URL; empty if there is none. */
function findName(url: string): string {
  if (!URL.canParse(url)) {
    return ''
  }
  const name = new URL(url).pathname.split('/').at(-1)!
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
