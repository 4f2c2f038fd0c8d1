# Airlock's part of a U-Boot script: sets "slot" to a or b, and takes one boot of a trial before it is used. Behind it
# stands: setenv bootargs "... airlock.slot=${slot}"
# U-Boot needs CONFIG_CMD_SETEXPR and a redundant environment (CONFIG_SYS_REDUNDAND_ENVIRONMENT): a power cut in saveenv
# loses the only copy of another. Where both are lost U-Boot goes by the environment that is built into it, and writes
# that one, so that the system has one to tell. A trial has at most 9 boots here, since setexpr reads hexadecimal numbers.
if test -z "${airlock_active}"; then saveenv; fi
setenv slot
if test -n "${airlock_trial}"; then
  if test ${airlock_trial} -gt 0; then
    setexpr airlock_trial ${airlock_trial} - 1
    saveenv
    if test "${airlock_active}" = b; then setenv slot a; else setenv slot b; fi
  fi
fi
if test -z "${slot}"; then
  if test "${airlock_active}" = b; then setenv slot b; else setenv slot a; fi
fi
