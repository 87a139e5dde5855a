/** The way to a place in the file. */
export type ConfigPath = readonly (string | number)[]

export type Report = (path: ConfigPath, message: string) => void
