/*
 * A libmodbus server: `tcp PORT` with unit ids 1 and 2, or `rtu PATH BAUD PARITY` with unit id 1. Says "ready" on stdout.
 *
 * Registers and bits 0 to 199 of every table: holding 1000 + address, input 2000 + address, coils on at even addresses,
 * discrete inputs on at odd ones. Values of several registers stand from holding register 140 on, encoded by libmodbus.
 * Input register 180 + n is answered with exception n, up to 191.
 */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIZE = 200, TYPED = 140, REFUSED = 180, MOST_REFUSED = 191 };

static modbus_mapping_t *unit(void) {
  modbus_mapping_t *map = modbus_mapping_new(SIZE, SIZE, SIZE, SIZE);
  if (map == NULL) exit(1);
  for (int i = 0; i < SIZE; i++) {
    map->tab_bits[i] = i % 2 == 0;
    map->tab_input_bits[i] = i % 2 == 1;
    map->tab_registers[i] = 1000 + i;
    map->tab_input_registers[i] = 2000 + i;
  }
  uint16_t *typed = map->tab_registers + TYPED;
  int32_t word = -123456789;
  int64_t words = -1234567890123456LL;
  modbus_set_float_abcd(-123.456f, typed);
  modbus_set_float_dcba(-123.456f, typed + 2);
  modbus_set_float_badc(-123.456f, typed + 4);
  modbus_set_float_cdab(-123.456f, typed + 6);
  MODBUS_SET_INT32_TO_INT16(typed, 8, word);
  MODBUS_SET_INT64_TO_INT16(typed, 10, words);
  return map;
}

/* The bytes before the function code: an MBAP header, or the unit id of RTU. */
static void answer(modbus_t *ctx, const uint8_t *request, int length, modbus_mapping_t *map) {
  int header = modbus_get_header_length(ctx);
  int function = request[header];
  int address = (request[header + 1] << 8) | request[header + 2];
  if (function == MODBUS_FC_READ_INPUT_REGISTERS && address > REFUSED && address <= MOST_REFUSED)
    modbus_reply_exception(ctx, request, address - REFUSED);
  else
    modbus_reply(ctx, request, length, map);
}

static int serve_rtu(const char *path, int baud, char parity) {
  uint8_t request[MODBUS_RTU_MAX_ADU_LENGTH];
  modbus_t *ctx = modbus_new_rtu(path, baud, parity, 8, 1);
  if (ctx == NULL || modbus_set_slave(ctx, 1) == -1 || modbus_connect(ctx) == -1) {
    fprintf(stderr, "%s: %s\n", path, modbus_strerror(errno));
    return 1;
  }
  modbus_mapping_t *map = unit();
  puts("ready");
  fflush(stdout);
  for (;;) {
    int length = modbus_receive(ctx, request);
    if (length > 0) answer(ctx, request, length, map);
    /* A request that was cut off, or noise, is passed over; a line that is gone is not. */
    else if (length == -1 && (errno == EIO || errno == EBADF)) return 0;
  }
}

static int serve_tcp(int port) {
  uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
  modbus_t *ctx = modbus_new_tcp("127.0.0.1", port);
  int listener = ctx == NULL ? -1 : modbus_tcp_listen(ctx, 16);
  if (listener == -1) {
    fprintf(stderr, "port %d: %s\n", port, modbus_strerror(errno));
    return 1;
  }
  modbus_mapping_t *maps[] = {unit(), unit()};
  fd_set open, ready;
  FD_ZERO(&open);
  FD_SET(listener, &open);
  puts("ready");
  fflush(stdout);
  for (;;) {
    ready = open;
    if (select(FD_SETSIZE, &ready, NULL, NULL, NULL) == -1) return 1;
    for (int socket = 0; socket < FD_SETSIZE; socket++) {
      if (!FD_ISSET(socket, &ready)) continue;
      if (socket == listener) {
        int accepted = accept(listener, NULL, NULL);
        if (accepted >= 0 && accepted < FD_SETSIZE) FD_SET(accepted, &open);
        continue;
      }
      modbus_set_socket(ctx, socket);
      int length = modbus_receive(ctx, request);
      int unit_id = length > 6 ? request[6] : 0;
      if (length == -1) {
        close(socket);
        FD_CLR(socket, &open);
      } else if (unit_id == 1 || unit_id == 2)
        answer(ctx, request, length, maps[unit_id - 1]);
      else if (length > 0)
        modbus_reply_exception(ctx, request, MODBUS_EXCEPTION_GATEWAY_TARGET);
    }
  }
}

int main(int count, char **words) {
  if (count == 3 && strcmp(words[1], "tcp") == 0) return serve_tcp(atoi(words[2]));
  if (count == 5 && strcmp(words[1], "rtu") == 0) return serve_rtu(words[2], atoi(words[3]), words[4][0]);
  fprintf(stderr, "tcp PORT, or rtu PATH BAUD PARITY\n");
  return 2;
}
