# Airlock's part of an initramfs: airlock_judge DIR sets "slot" to the one whose system may be started, after quorum and
# digest of what lies in it were proven. Start that one: a loader whose environment is lost names another. The initramfs
# itself lies outside of the slots, where no update writes it.
airlock_judge() {
  airlock-device boot --dir "$1" --hand-over --json > /run/airlock-boot.json
  case $? in
    0) ;;
    3) sync; reboot -f; sleep 60 ;;  # the loader was told of the other slot
    *) return 1 ;;                   # no slot proves, or nobody knows what was started: recovery, never a system
  esac
  case $(cat /run/airlock-boot.json) in
    *'"slot":"a"'*) slot=a ;;
    *'"slot":"b"'*) slot=b ;;
    *) return 1 ;;
  esac
}
