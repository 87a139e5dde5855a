/** A real SMTP server on loopback that does what the test says. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'

export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  /** As it came, dots unstuffed, lines ended by CRLF. */
  readonly data: string
  readonly isSecured: boolean
}

export interface SmtpServerOptions {
  /** PEM texts; then it offers STARTTLS, or speaks TLS from the first byte with `tls`. */
  readonly certificate?: { readonly cert: string; readonly key: string }
  readonly tls?: boolean
  /** What EHLO says beside STARTTLS, in the open and under TLS. */
  readonly extensions?: readonly string[]
  /** `user:password`; then AUTH is needed. */
  readonly account?: string
}

/** What it says instead of its own reply: the text, null to hang up, undefined for its own. */
export type Interruption = (line: string) => string | null | undefined

export interface SmtpServer {
  readonly port: number
  readonly mails: readonly ReceivedMail[]
  /** Every line that clients said, mail texts left out. */
  readonly lines: readonly string[]
  interrupt: Interruption
  close(): Promise<void>
}

export async function startSmtpServer(options: SmtpServerOptions = {}): Promise<SmtpServer> {
  const sockets = new Set<Socket>()
  const state: SmtpState = { options, mails: [], lines: [], interrupt: () => undefined }
  const listener = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    const isSecured = options.tls === true
    talk(isSecured ? secured(socket, options) : socket, { state, isSecured, greets: true })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return Object.assign(state, {
    port: (listener.address() as AddressInfo).port,
    async close() {
      const closed = once(listener, 'close')
      listener.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  })
}

interface SmtpState {
  readonly options: SmtpServerOptions
  readonly mails: ReceivedMail[]
  readonly lines: string[]
  interrupt: Interruption
}

interface Talk {
  readonly state: SmtpState
  readonly isSecured: boolean
  readonly greets: boolean
}

function secured(socket: Socket, { certificate }: SmtpServerOptions): TLSSocket {
  const tls = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(certificate) })
  tls.on('error', () => {})
  return tls
}

function talk(socket: Socket, { state, isSecured, greets }: Talk): void {
  const { options, mails, lines } = state
  let text = ''
  let from = ''
  let to: string[] = []
  let data: string[] | null = null
  let login: string[] | null = null
  let isKnown = options.account === undefined
  const say = (reply: string): void => {
    socket.write(`${reply}\r\n`)
  }

  function line(said: string): void {
    if (data !== null) {
      dataLine(said)
      return
    }
    lines.push(said)
    const other = state.interrupt(said)
    if (other === null) socket.destroy()
    else if (other !== undefined) say(other)
    else if (login !== null) loginLine(said)
    else command(said)
  }

  function dataLine(said: string): void {
    if (said !== '.') {
      data?.push(said.replace(/^\./, ''))
      return
    }
    const other = state.interrupt('.')
    if (other === undefined) mails.push({ from, to, data: `${data?.join('\r\n')}\r\n`, isSecured })
    data = null
    if (other === null) socket.destroy()
    else say(other ?? '250 2.0.0 queued')
  }

  function loginLine(said: string): void {
    login = [...(login ?? []), Buffer.from(said, 'base64').toString()]
    if (login.length === 1) say('334 UGFzc3dvcmQ6')
    else {
      known(login.join(':'))
      login = null
    }
  }

  function known(account: string): void {
    isKnown = account === options.account
    say(isKnown ? '235 2.7.0 ok' : '535 5.7.8 wrong user or password')
  }

  function hello(): void {
    const offers = [...(options.certificate && !isSecured ? ['STARTTLS'] : []), ...(options.extensions ?? [])]
    say(['test', ...offers].map((offer, i) => `250${i < offers.length ? '-' : ' '}${offer}`).join('\r\n'))
  }

  function goUnderTls(): void {
    socket.removeAllListeners('data')
    say('220 2.0.0 go ahead')
    talk(secured(socket, options), { state, isSecured: true, greets: false })
  }

  function authenticate(credentials: string | undefined): void {
    if (credentials === undefined) {
      login = []
      say('334 VXNlcm5hbWU6')
    } else known(Buffer.from(credentials, 'base64').toString().slice(1).replace('\0', ':'))
  }

  function command(said: string): void {
    const [verb = '', , argument] = said.split(' ')
    switch (verb) {
      case 'EHLO':
        hello()
        break
      case 'STARTTLS':
        goUnderTls()
        break
      case 'AUTH':
        authenticate(argument)
        break
      case 'MAIL':
        from = said.slice('MAIL FROM:<'.length, -1)
        to = []
        say(isKnown ? '250 2.1.0 ok' : '530 5.7.0 who are you?')
        break
      case 'RCPT':
        to = [...to, said.slice('RCPT TO:<'.length, -1)]
        say('250 2.1.5 ok')
        break
      case 'DATA':
        data = []
        say('354 go on')
        break
      case 'QUIT':
        socket.end('221 2.0.0 bye\r\n')
        break
      default:
        say('500 5.5.2 what?')
    }
  }

  socket.setEncoding('utf8')
  socket.on('data', (piece: string) => {
    text += piece
    for (let end = text.indexOf('\r\n'); end !== -1; end = text.indexOf('\r\n')) {
      const said = text.slice(0, end)
      text = text.slice(end + 2)
      line(said)
    }
  })
  if (greets) say(state.interrupt('') ?? '220 test ESMTP')
}
