export const HELP = `The simulated field of Outpost: Modbus stations and MQTT devices, driven by a scenario

  node simulator/main.ts run FILE [--speed N] [--wait N] [--control PORT] [--profiles FOLDER] [--quiet]
                                   serve what FILE describes, until Ctrl-C or SIGTERM
  node simulator/main.ts check FILE [--profiles FOLDER]
                                   say everything that is wrong with FILE, and start nothing
  node simulator/main.ts test FILE … [--gateway URL] [--speed N|max] [--seed N | --seeds N] [--parallel N] [--junit FILE]
                              [--picture FILE] [--profiles FOLDER] [--keep FOLDER] [--quiet]
                                   tell FILE to a gateway, and say whether it told what FILE expects
  node simulator/main.ts control … [--port N]
                                   ask a simulator that runs with --control, and tell it what to do
  node simulator/main.ts load [--protocol mqtt|modbus] [--devices N] [--rate N|max] [--seconds N] [--broker URL]
                              [--json FILE] [--keep FOLDER]
                                   as many devices on a gateway: what it takes, how fast, what is lost
  node simulator/main.ts --help    this text

run:
  --speed N       N seconds of the story in each second (default 1, more than 0, at most 1000)
  --wait N        begin the story when all MQTT devices are connected, after N seconds at the latest (default 0)
  --control PORT  take commands on 127.0.0.1, from this machine only (0: any free port)
  --profiles FOLDER  models of your own, beside those that come with Outpost
  --quiet         print problems only
control:
  state | watch | start | stop | begin | pause
  show device|line ID
  set DEVICE POINT VALUE           release DEVICE POINT       (back to the scenario)
  fault device|line ID FAULT       clear device|line ID       (back to the scenario)
                                   fault: --by 3s --every 10 --share 0.1 --code 6 --times 3 --of --place --offset
  cut LINE                         mend LINE
  --port N        of the simulator (default 7420)
test:
  --gateway URL   one that runs already and has the scenario's devices; its token in OUTPOST_TOKEN.
                  If absent, one of its own is started for each FILE and ended with it
  --speed N       as above, but never faster than a scenario's maxSpeed; max: each as fast as that
  --seed N        instead of the scenario's: other noise
  --seeds N       each FILE with the seeds 1 to N
  --parallel N    so many side by side (default 1), each with a gateway of its own
  --junit FILE    the verdicts as JUnit XML
  --picture FILE  values, setpoints and alarms as SVG; a folder for several scenarios
  --keep FOLDER   where configuration, journals and log of the started gateway stay
  --quiet         print the verdicts only

load:
  --protocol P    mqtt (default) or modbus, where the gateway polls
  --devices N     default 1000, at most 20000
  --rate N        messages or polls of all devices together in a second (default 1000); max: as many as the gateway takes
  --seconds N     how long is measured (default 20, at most 600)
  --broker URL    mqtt://host:port of a gateway that runs already, instead of one that is started for this;
                  OUTPOST_LOAD_USERNAME and OUTPOST_LOAD_PASSWORD name the account
  --json FILE     the figures
  --keep FOLDER   as above

Exit codes: 0 well, and all expectations met; 1 the scenario is wrong, a line could not be had, (test) not all expectations
were met, or (load) not everything was carried; 2 the command line is wrong, or (test, load) nothing could be tested or measured.
`
