# Airlock's part of a U-Boot script: sets "slot" to a or b, and takes one boot of a trial before it is used. Behind it
# stands: setenv bootargs "... airlock.slot=${slot}"
# A trial has at most 9 boots here, since setexpr reads its numbers as hexadecimal ones.
setenv slot a
if test "${airlock_active}" = b; then setenv slot b; fi
if test -n "${airlock_trial}"; then
  if test "${airlock_trial}" -gt 0; then
    setexpr airlock_trial ${airlock_trial} - 1
    saveenv
    if test "${slot}" = a; then setenv slot b; else setenv slot a; fi
  fi
fi
