"""A pymodbus server with unit ids 1 and 2: `tcp PORT`, `rtu-over-tcp PORT`, or `rtu PATH BAUD`.

Registers and bits 0 to 199 of every table: holding 1000 + address, input 2000 + address, coils on at even addresses,
discrete inputs on at odd ones. Values of several registers stand from holding register 140 on, encoded by pymodbus in
every order that it knows.
"""

import sys

from pymodbus.constants import Endian
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.payload import BinaryPayloadBuilder
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.transaction import ModbusRtuFramer

SIZE = 200
TYPED = 140


def typed():
    """In each order: float32, int32, float64; then float16 and a text."""
    registers = []
    for word_order in (Endian.Big, Endian.Little):
        for byte_order in (Endian.Big, Endian.Little):
            builder = BinaryPayloadBuilder(byteorder=byte_order, wordorder=word_order)
            builder.add_32bit_float(-123.456)
            builder.add_32bit_int(-123456789)
            builder.add_64bit_float(-1234.56789)
            registers += builder.to_registers()
    builder = BinaryPayloadBuilder(byteorder=Endian.Big, wordorder=Endian.Big)
    builder.add_16bit_float(-1.5)
    builder.add_string("A-17")
    builder.add_64bit_uint(1234567890123456)
    return registers + builder.to_registers()


def holding():
    registers = [1000 + address for address in range(SIZE)]
    values = typed()
    registers[TYPED : TYPED + len(values)] = values
    return ModbusSequentialDataBlock(0, registers)


def block(word):
    return ModbusSequentialDataBlock(0, [word(address) for address in range(SIZE)])


def unit():
    return ModbusSlaveContext(
        hr=holding(),
        ir=block(lambda address: 2000 + address),
        co=block(lambda address: address % 2 == 0),
        di=block(lambda address: address % 2 == 1),
        zero_mode=True,
    )


context = ModbusServerContext(slaves={1: unit(), 2: unit()}, single=False)
print("starting", flush=True)
kind = sys.argv[1]
if kind == "rtu":
    StartSerialServer(
        context=context, framer=ModbusRtuFramer, port=sys.argv[2], baudrate=int(sys.argv[3]), timeout=0.02
    )
else:
    framer = {"framer": ModbusRtuFramer} if kind == "rtu-over-tcp" else {}
    StartTcpServer(context=context, address=("127.0.0.1", int(sys.argv[2])), **framer)
