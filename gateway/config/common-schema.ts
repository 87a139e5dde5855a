/** Pieces of which the sections of a configuration file are made. */
import { Type } from 'typebox'

export const strict = { additionalProperties: false } as const
export const Port = Type.Integer({ minimum: 1, maximum: 65535, description: 'a port from 1 to 65535' })
export const Host = Type.String({ minLength: 1, description: 'a host name or an address' })
export const Path = Type.String({ minLength: 1, description: 'a path, relative to this file' })
/** Secrets are never written in the file: the loader refuses a literal. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it shows how a variable is written
export const Secret = Type.String({ minLength: 1, description: 'a secret from the environment, as ${NAME}' })

/** Access without a name is possible only in so many words, and only on loopback. */
export const AnonymousOnLoopback = Type.Object({ type: Type.Literal('anonymous-on-loopback') }, strict)

export const HttpUrl = Type.String({ pattern: '^https?://[^\\s/]+', description: 'an http:// or https:// URL' })
export const MqttUrl = Type.String({ pattern: '^mqtts?://[^\\s/]+', description: 'an mqtt:// or mqtts:// URL' })
