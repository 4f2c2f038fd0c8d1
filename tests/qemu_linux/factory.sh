airlock-device provision --dir /data/device --model demo-wallet --keyring /data/factory/keyring.cose \
  --root /data/factory/root.json --server "$(cat /data/factory/server)" --ca /data/factory/ca.pem \
  --component root=/dev/vda2,/dev/vda3 --firmware /data/factory/release-1.0.0 --loader grub=/boot/grub/grubenv
