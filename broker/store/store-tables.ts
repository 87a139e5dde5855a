/** The tables of the store: what each change writes, and which changes would make what is in them. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { StoreChange } from './store-change.ts'

/** Payloads are ANY: a message that the broker itself publishes may be a text. */
const SCHEMA = `
  CREATE TABLE session (client TEXT PRIMARY KEY, absent_since REAL) STRICT, WITHOUT ROWID;
  CREATE TABLE subscription (
    client TEXT NOT NULL, filter TEXT NOT NULL, qos INTEGER NOT NULL, rh INTEGER, rap INTEGER, nl INTEGER,
    PRIMARY KEY (client, filter)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE outgoing (
    client TEXT NOT NULL, number INTEGER NOT NULL, message_id INTEGER, released INTEGER NOT NULL,
    qos INTEGER NOT NULL, retain INTEGER NOT NULL, topic TEXT NOT NULL, payload ANY,
    PRIMARY KEY (client, number)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE received (
    client TEXT NOT NULL, message_id INTEGER NOT NULL, PRIMARY KEY (client, message_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE retained (topic TEXT PRIMARY KEY, qos INTEGER NOT NULL, payload ANY) STRICT, WITHOUT ROWID;
  CREATE TABLE will (
    client TEXT PRIMARY KEY, broker TEXT NOT NULL, topic TEXT NOT NULL, qos INTEGER NOT NULL, retain INTEGER NOT NULL,
    payload ANY
  ) STRICT, WITHOUT ROWID;`

const TABLES = ['session', 'subscription', 'outgoing', 'received', 'retained', 'will'] as const

type Row = Readonly<Record<string, unknown>>

export class StoreTables {
  static readonly SCHEMA = SCHEMA
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  apply(change: StoreChange): void {
    switch (change.type) {
      case 'session':
        this.#run('INSERT OR REPLACE INTO session VALUES (?, ?)', change.client, change.absentSince)
        break
      case 'session-ended':
        for (const table of ['session', 'subscription', 'outgoing']) this.#deleteOf(table, change.client)
        break
      case 'subscription':
        this.#run('INSERT OR REPLACE INTO subscription VALUES (?, ?, ?, ?, ?, ?)', ...subscriptionRow(change))
        break
      case 'subscription-ended':
        this.#run('DELETE FROM subscription WHERE client = ? AND filter = ?', change.client, change.filter)
        break
      case 'queued':
      case 'sent':
      case 'released':
      case 'delivered':
        this.#applyToQueue(change)
        break
      case 'received':
        this.#run('INSERT OR REPLACE INTO received VALUES (?, ?)', change.client, change.messageId)
        break
      case 'completed':
        this.#run('DELETE FROM received WHERE client = ? AND message_id = ?', change.client, change.messageId)
        break
      case 'all-completed':
        this.#deleteOf('received', change.client)
        break
      case 'retained':
        this.#run('INSERT OR REPLACE INTO retained VALUES (?, ?, ?)', change.topic, change.qos, change.payload)
        break
      case 'retained-ended':
        this.#run('DELETE FROM retained WHERE topic = ?', change.topic)
        break
      case 'will':
        this.#run('INSERT OR REPLACE INTO will VALUES (?, ?, ?, ?, ?, ?)', ...willRow(change))
        break
      case 'will-ended':
        this.#deleteOf('will', change.client)
    }
  }

  clear(): void {
    for (const table of TABLES) this.#run(`DELETE FROM ${table}`)
  }

  *read(): Iterable<StoreChange> {
    for (const row of this.#all('SELECT * FROM session')) yield sessionOf(row)
    for (const row of this.#all('SELECT * FROM subscription')) yield subscriptionOf(row)
    for (const row of this.#all('SELECT * FROM outgoing ORDER BY number')) yield* outgoingOf(row)
    for (const row of this.#all('SELECT * FROM received')) {
      yield { type: 'received', client: String(row.client), messageId: Number(row.message_id) }
    }
    for (const row of this.#all('SELECT * FROM retained')) {
      yield { type: 'retained', topic: String(row.topic), qos: Number(row.qos), payload: payloadOf(row) }
    }
    for (const row of this.#all('SELECT * FROM will')) yield willOf(row)
  }

  #applyToQueue(change: StoreChange & { readonly type: 'queued' | 'sent' | 'released' | 'delivered' }): void {
    const { client, number } = change
    switch (change.type) {
      case 'queued': {
        const content = [change.qos, Number(change.retain), change.topic, change.payload] as const
        this.#run('INSERT OR REPLACE INTO outgoing VALUES (?, ?, NULL, 0, ?, ?, ?, ?)', client, number, ...content)
        break
      }
      case 'sent':
        this.#run(
          'UPDATE outgoing SET message_id = ? WHERE client = ? AND number = ?',
          change.messageId,
          client,
          number,
        )
        break
      case 'released':
        this.#run(
          `INSERT OR REPLACE INTO outgoing VALUES (?, ?, ?, 1, 2, 0, '', '')`,
          ...[client, number, change.messageId],
        )
        break
      case 'delivered':
        this.#run('DELETE FROM outgoing WHERE client = ? AND number = ?', client, number)
    }
  }

  #deleteOf(table: string, client: string): void {
    this.#run(`DELETE FROM ${table} WHERE client = ?`, client)
  }

  #run(sql: string, ...values: readonly SQLInputValue[]): void {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    statement.run(...values)
  }

  #all(sql: string): readonly Row[] {
    return this.#db.prepare(sql).all()
  }
}

function subscriptionRow(change: StoreChange & { readonly type: 'subscription' }): readonly SQLInputValue[] {
  const { client, filter, qos, rh, rap, nl } = change
  return [client, filter, qos, rh ?? null, flag(rap), flag(nl)]
}

function willRow(change: StoreChange & { readonly type: 'will' }): readonly SQLInputValue[] {
  const { client, broker, topic, qos, retain, payload } = change
  return [client, broker, topic, qos, Number(retain), payload]
}

function sessionOf({ client, absent_since }: Row): StoreChange {
  return { type: 'session', client: String(client), absentSince: absent_since === null ? null : Number(absent_since) }
}

function subscriptionOf({ client, filter, qos, rh, rap, nl }: Row): StoreChange {
  return {
    ...{ type: 'subscription', client: String(client), filter: String(filter), qos: Number(qos) },
    ...{ rh: rh === null ? undefined : Number(rh), rap: unflag(rap), nl: unflag(nl) },
  }
}

function* outgoingOf(row: Row): Iterable<StoreChange> {
  const [client, number, messageId] = [String(row.client), Number(row.number), Number(row.message_id)]
  if (row.released === 1) {
    yield { type: 'released', client, number, messageId }
    return
  }
  yield {
    ...{ type: 'queued', client, number, qos: Number(row.qos), retain: row.retain === 1 },
    ...{ topic: String(row.topic), payload: payloadOf(row) },
  }
  if (row.message_id !== null) yield { type: 'sent', client, number, messageId }
}

function willOf(row: Row): StoreChange {
  return {
    ...{ type: 'will', client: String(row.client), broker: String(row.broker), topic: String(row.topic) },
    ...{ qos: Number(row.qos), retain: row.retain === 1, payload: payloadOf(row) },
  }
}

function payloadOf({ payload }: Row): Uint8Array | string {
  return payload instanceof Uint8Array ? payload : String(payload ?? '')
}

function flag(value: boolean | undefined): number | null {
  return value === undefined ? null : Number(value)
}

function unflag(value: unknown): boolean | undefined {
  return value === null ? undefined : value === 1
}
