// The sweep: lives of a wallet, its power cut at every storage operation in every way.
//
// A life is lived once. Before each of its operations the whole device is copied, once for each way
// in which the operation may fail, and each copy lives on from there: power on until quiet, to the
// end of the chapter. Pairs do the same again in all that is left of each of those lives; triples
// are drawn at random; flips turn one bit between two operations. A device in a state that was met
// before has the same future, and is not played again.
//
// Trials have the product's own number of boots. A cut in a trial may cost one, so three cuts may
// give up a healthy firmware: then the old one runs, says why, and the next try must succeed.
//
// What went wrong is counted as bricks, wrong and unconsented (observer.h), with an example of
// each.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/powercut/wallet.h"

namespace airlock::powercut {

struct Tally {
  std::uint64_t cuts = 0;
  std::uint64_t pairs = 0;
  std::uint64_t triples = 0;
  std::uint64_t flips = 0;
  std::uint64_t given_up = 0;  // trials of healthy firmware that as many cuts as boots used up
  std::uint64_t bricks = 0;
  std::uint64_t wrong = 0;
  std::uint64_t unconsented = 0;
  std::uint32_t worst_erases = 0;  // of one sector, in one life
  std::vector<std::string> examples;
  // Places where the power was cut, per path and layout.
  std::map<std::string, std::uint64_t> points;

  bool is_clean() const { return bricks + wrong + unconsented == 0; }
  void add(const Tally& other);
  void count(const std::string& where, const Wallet& wallet);
};

// Which of all pairs or flips are played: those whose number, drawn with the seed, divides by
// one_in.
struct Share {
  std::uint64_t one_in = 1;
  std::uint64_t seed = 1;
  bool takes(std::uint64_t number) const { return one_in <= 1 || mix(seed, number) % one_in == 0; }
};

// uncut lives a life as it is: nothing else can be learned where that fails.
void play_uncut(const Machine& machine, const Life& life, Tally& tally);
void sweep_cuts(const Machine& machine, const Life& life, Tally& tally);
void sweep_pairs(const Machine& machine, const Life& life, const Share& share, Tally& tally);
void sweep_flips(const Machine& machine, const Life& life, const Share& share, Tally& tally);
// sweep_lost_exchanges loses both pages of the exchange's journal with each cut, where one place
// executes: that may cost the update at hand, never the device.
void sweep_lost_exchanges(const Machine& machine, const Life& life, const Share& share,
                          Tally& tally);
// sweep_triples draws until `count` lives were cut three times.
void sweep_triples(std::uint64_t count, std::uint64_t seed, Tally& tally);

}  // namespace airlock::powercut
