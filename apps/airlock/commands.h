// The publisher's commands of `airlock`, one function for each family (command.h). Thin: they read
// files and options, call publish/, and show what came out.
#pragma once

#include "apps/airlock/command.h"

namespace airlock::app {

void add_keys_commands(CLI::App& app, Outcome& outcome);  // keys init
// `family` is `keys`.
void add_rotate_command(CLI::App& family, Outcome& outcome);  // keys rotate
void add_keyring_commands(CLI::App& app, Outcome& outcome);   // keyring draft
void add_repo_commands(CLI::App& app, Outcome& outcome);      // repo init, timestamp, sign, ..
void add_release_command(CLI::App& app, Outcome& outcome);    // release
void add_sign_command(CLI::App& app, Outcome& outcome);       // sign
void add_ceremony_commands(CLI::App& app, Outcome& outcome);  // ceremony sign, ceremony audit
void add_publish_command(CLI::App& app, Outcome& outcome);    // publish
void add_inspect_command(CLI::App& app, Outcome& outcome);    // inspect
void add_log_commands(CLI::App& app, Outcome& outcome);       // log init, add, prove, verify, ..

void add_embed_command(CLI::App& app, Outcome& outcome);         // package embed
void add_fleet_commands(CLI::App& app, Outcome& outcome);        // fleet simulate
void add_delta_commands(CLI::App& app, Outcome& outcome);        // delta make, apply, inspect
void add_certificate_commands(CLI::App& app, Outcome& outcome);  // certificate check
void add_abi_commands(CLI::App& app, Outcome& outcome);          // abi decode, encode, ..
void add_fee_commands(CLI::App& app, Outcome& outcome);          // fee eval, explain, ..
// `family` is `fee`.
void add_fee_plugin_commands(CLI::App& family, Outcome& outcome);  // fee plugin check, eval
// `family` is `abi`.
void add_pack_commands(CLI::App& family, Outcome& outcome);        // abi pack, prove, verify-entry
void add_transaction_command(CLI::App& family, Outcome& outcome);  // abi transaction
void add_message_command(CLI::App& family, Outcome& outcome);      // abi message

}  // namespace airlock::app
