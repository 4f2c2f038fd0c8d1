#include "engine/abi/judge.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/abi/move/loader.h"
#include "engine/abi/packs_test.h"

namespace airlock::abi {
namespace {

Code verdict(const std::vector<pack::Item>& items) {
  const auto judged = judge(*snapshot_of(items), standard_loaders());
  return judged ? Code::ok : judged.error().error.code;
}

constexpr std::string_view kExpected =
    "{\"call\":\"transfer(address,uint256)\",\"bound\":true,\"canonical\":true,\"arguments\":"
    "{\"to\":\"0x2222222222222222222222222222222222222222\",\"value\":\"1000\"}}";

TEST(Judge, LetsAGoodPackServe) {
  auto items = token_items();
  items.push_back(golden("transfer", kTransfer, kExpected));
  EXPECT_EQ(verdict(items), Code::ok);
}

TEST(Judge, RefusesAPackWhoseGoldenCaseDecodesOtherwise) {
  auto items = token_items("transfer(address receiver,uint256 value)");
  items.push_back(golden("transfer", kTransfer, kExpected));
  const auto judged = judge(*snapshot_of(items), standard_loaders());
  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().error.code, Code::golden_case_failed);
  EXPECT_EQ(judged.error().key, "golden/transfer");
}

TEST(Judge, RefusesAGoldenCaseThatNothingDecodes) {
  EXPECT_EQ(verdict({golden("transfer", kTransfer, kExpected)}), Code::golden_case_failed);
}

TEST(Judge, RefusesAGoldenCaseThatIsNone) {
  for (const std::string_view text : {"", "[]", "{}", "{\"chain\":1}"})
    EXPECT_NE(verdict({{"golden/x", {text.begin(), text.end()}}}), Code::ok) << text;
}

// A map that gives its words to the bytes of "transfer(address,uint256)".
std::vector<pack::Item> lying_map(std::string_view name, std::string_view signature,
                                  bool swap_types) {
  type::Builder builder("evm", type::Order::big, type::AddressForm::eip55);
  const auto address = builder.add({type::Form::address, 0, 20, {}, 0, 0, 32});
  const auto number = builder.add({type::Form::unsigned_integer, 0, 256, {}, 0, 0, 32});
  const type::Field fields[] = {{builder.text("a"), swap_types ? number : address, 0, {}},
                                {builder.text("b"), swap_types ? address : number, 0, {}}};
  const auto input = builder.add({type::Form::tuple, 0, 0, {}, builder.add_fields(fields), 2, 64});
  type::Entry entry;
  entry.name = builder.text(name);
  const std::array<std::uint8_t, 4> key = {0xa9, 0x05, 0x9c, 0xbb};
  entry.key = builder.bytes(key);
  entry.signature = builder.text(signature);
  entry.input = input;
  builder.add(entry);
  const auto map = builder.finish();
  EXPECT_TRUE(map);
  return {{key_of(), bytes_from((*map)->encoded())}};
}

TEST(Judge, RefusesAMapWhoseSelectorIsNotThatOfItsSignatureAndTypes) {
  constexpr std::string_view kSignature = "transfer(address,uint256)";
  EXPECT_EQ(verdict(lying_map("transfer", kSignature, false)), Code::ok);
  EXPECT_EQ(verdict(lying_map("claim", "claim(address,uint256)", false)), Code::bad_abi);
  EXPECT_EQ(verdict(lying_map("claim", kSignature, false)), Code::bad_abi);
  EXPECT_EQ(verdict(lying_map("transfer", kSignature, true)), Code::bad_abi);
  EXPECT_EQ(verdict(lying_map("transfer", "transfer(uint256,address)", true)), Code::bad_abi);
}

// Whoever looks long enough finds another name with the same selector; these are known.
TEST(Judge, RefusesAPackThatGivesTheBytesOfATransferAnotherMeaning) {
  EXPECT_EQ(verdict({{key_of(), map_of({"many_msg_babbage(bytes1)"})}}), Code::golden_case_failed);
  EXPECT_EQ(verdict({{key_of(), map_of({"gasprice_bit_ether(int128)"})}}),
            Code::golden_case_failed);
}

TEST(Judge, RefusesAPackWithOneBadEntryAmongGoodOnes) {
  const std::vector<std::uint8_t> junk = {'j', 'u', 'n', 'k'};
  for (const std::string& key :
       {key_of("0x4444444444444444444444444444444444444444"), std::string("unknown/x"),
        std::string("code/eip155:1/") + std::string(kToken), std::string("golden/x")}) {
    auto items = token_items();
    items.push_back({key, junk});
    EXPECT_NE(verdict(items), Code::ok) << key;
  }
}

TEST(Judge, RefusesAnAddressThatIsNotSpelledAsKeysAre) {
  auto items = token_items();
  items[0].key = key_of("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
  EXPECT_EQ(verdict(items), Code::bad_pack);
  constexpr std::string_view kAddress = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
  for (const std::string_view chain : {"eip155:01", "eip155", "EIP155:1", "eip155:x"})
    EXPECT_EQ(verdict({item("token/" + std::string(chain) + "/" + std::string(kAddress),
                            R"({"decimals":3,"symbol":"TOK"})")}),
              Code::bad_pack)
        << chain;
}

TEST(Judge, RefusesAMapOnAnotherChain) {
  auto items = token_items();
  items[0].key = "abi/" + std::string(kToken);
  EXPECT_NE(verdict(items), Code::ok);
}

// What a pack with these items is refused for, and by which entry.
std::string fault(const std::vector<pack::Item>& items) {
  const auto judged = judge(*snapshot_of(items), standard_loaders());
  if (judged) return "ok";
  return std::string(name(judged.error().error.code)) + ' ' + judged.error().key;
}

std::string binding_key(std::string_view kind = "clear") {
  return std::string(kind) + "/eip155:1/" + std::string(kToken) + "/a.json";
}

TEST(Judge, RefusesADescriptorWhereItIsNotBound) {
  EXPECT_EQ(fault(sending_items()), "ok");
  auto elsewhere = sending_items();
  elsewhere[1].key = "clear/eip155:10/" + std::string(kToken) + "/a.json";
  EXPECT_EQ(fault(elsewhere), "descriptor_unbound " + elsewhere[1].key);
  auto other_kind = sending_items();
  other_kind[1].key = binding_key("typed");
  EXPECT_EQ(fault(other_kind), "bad_pack " + binding_key("typed"));
  auto nothing = sending_items();
  nothing.erase(nothing.begin());
  EXPECT_EQ(fault(nothing), "not_found " + binding_key());
}

TEST(Judge, RefusesADescriptorThatDoesNotCompile) {
  EXPECT_EQ(fault(sending_items(R"({"label":"no path"})")), "bad_descriptor " + binding_key());
}

TEST(Judge, RefusesADescriptorOfCallsThatTheContractDoesNotHave) {
  auto items = sending_items(R"({"path":"a","label":"A"})", "burn(uint256 a)");
  EXPECT_EQ(fault(items), "ok") << "nobody says what the contract has";
  items.push_back(token_items()[0]);
  EXPECT_EQ(fault(items), "expected_otherwise " + binding_key());
  items.back() = {key_of(), map_of({"burn(uint256 amount)"})};
  EXPECT_EQ(fault(items), "ok") << "names may differ";
}

// Whoever writes a descriptor could hide what its words are about.
TEST(Judge, RefusesADescriptorThatShowsATransferWithoutWhomOrHowMuch) {
  const std::string failed = "golden_case_failed " + binding_key();
  constexpr std::string_view kTo = R"({"path":"to","label":"To","format":"addressName"})";
  constexpr std::string_view kValue = R"({"path":"value","label":"Amount"})";
  const auto with = [](std::string_view one, std::string_view other) {
    return sending_items(std::string(one) + "," + std::string(other));
  };
  EXPECT_EQ(fault(with(kTo, kValue)), "ok");
  EXPECT_EQ(fault(sending_items(kTo)), failed);
  EXPECT_EQ(fault(sending_items(kValue)), failed);
  EXPECT_EQ(fault(with(kTo, R"({"path":"value","label":"Amount","visible":"never"})")), failed);
  EXPECT_EQ(fault(with(kTo, R"({"value":"1","label":"Amount"})")), failed);
  EXPECT_EQ(fault(with(kValue, R"({"path":"@.to","label":"To"})")), failed);
  EXPECT_EQ(fault(with(kTo, R"({"path":"value","label":"Amount","format":"tokenAmount",
                          "params":{"tokenPath":"@.to","threshold":"0x01","message":"Nothing"}})")),
            failed);
}

TEST(Judge, RefusesADescriptorThatShowsAPermitWithoutWhomOrHowMuch) {
  const std::string failed = "golden_case_failed " + binding_key("typed");
  EXPECT_EQ(fault(permit_items()), "ok");
  EXPECT_EQ(fault(permit_items(R"({"path":"spender","label":"Spender"})")), failed);
  EXPECT_EQ(fault(permit_items(R"({"path":"value","label":"Amount"})")), failed);
  EXPECT_EQ(fault(permit_items(R"({"path":"owner","label":"Spender"},
                                  {"path":"value","label":"Amount"})")),
            failed);
}

// Each way by which a field can be there and yet not say what is paid, or to whom.
TEST(Judge, RefusesADescriptorWhoseWordsHideATransferFromSomebody) {
  const std::string failed = "golden_case_failed " + binding_key();
  const std::string to = R"({"path":"to","label":"To","format":"addressName"})";
  const std::string value = R"({"path":"value","label":"Amount"})";
  for (const std::string_view slice : {"value.[-3:]", "value.[-31:]", "value.[:32]", "value.[0:1]"})
    EXPECT_EQ(
        fault(sending_items(to + R"(,{"path":")" + std::string(slice) + R"(","label":"Amount"})")),
        failed)
        << slice;
  EXPECT_EQ(fault(sending_items(value + R"(,{"path":"to.[0:19]","label":"To"})")), failed);
  constexpr std::string_view kWhom = "\"0x2222222222222222222222222222222222222222\"";
  for (const std::string_view rule : {"ifNotIn", "mustMatch"}) {
    const std::string hides = R"(,"visible":{")" + std::string(rule) + R"(":[)";
    EXPECT_EQ(fault(sending_items(value + R"(,{"path":"to","label":"To")" + hides +
                                  std::string(kWhom) + "]}}")),
              failed);
    EXPECT_EQ(fault(sending_items(to + R"(,{"path":"value","label":"Amount")" + hides + "5]}}")),
              failed);
  }
  for (const std::string_view format : {"tokenTicker", "date", "duration", "chainId"})
    EXPECT_EQ(fault(sending_items(to + R"(,{"path":"value","label":"Amount","format":")" +
                                  std::string(format) +
                                  R"(","params":{"encoding":"timestamp"}})")) == "ok",
              false)
        << format;
}

TEST(Judge, LetsADescriptorSayAWordForAnAmountPastAllCounting) {
  const std::string failed = "golden_case_failed " + binding_key();
  const auto with = [](std::string_view threshold, std::string_view message) {
    return sending_items(R"({"path":"to","label":"To","format":"addressName"},
      {"path":"value","label":"Amount","format":"tokenAmount","params":{"tokenPath":"@.to",
       "threshold":")" + std::string(threshold) +
                         R"(","message":")" + std::string(message) + R"("}})");
  };
  const std::string high = "0x80" + std::string(62, '0');
  EXPECT_EQ(fault(with(high, "Unlimited")), "ok");
  EXPECT_EQ(fault(with(high, "0.01")), failed);
  EXPECT_EQ(fault(with("0xffffffffff", "0.01")), failed);
  EXPECT_EQ(fault(with("0xffffffffff", "Nothing")), failed);
}

TEST(Judge, RefusesADescriptorThatHasAWordForOneAmount) {
  auto items = sending_items(R"({"path":"to","label":"To"},{"path":"value","label":"Amount",
      "format":"enum","params":{"$ref":"$.metadata.enums.e"}})");
  std::string file(items[0].content.begin(), items[0].content.end());
  const std::string_view owner = R"("owner":"Token")";
  file.insert(file.find(owner) + owner.size(), R"(,"enums":{"e":{"5":"nothing"}})");
  items[0].content.assign(file.begin(), file.end());
  EXPECT_EQ(fault(items), "golden_case_failed " + binding_key());
}

TEST(Judge, RefusesLabelsThatSayTheOppositeOfWhatTheyShow) {
  const std::string failed = "golden_case_failed " + binding_key();
  constexpr std::string_view kFormat = "transferFrom(address from,address to,uint256 value)";
  const auto labelled = [&](const std::string& from, const std::string& to) {
    return sending_items(R"({"path":"from","label":")" + from + R"("},{"path":"to","label":")" +
                             to + R"("},{"path":"value","label":"Amount"})",
                         kFormat);
  };
  EXPECT_EQ(fault(labelled("From", "To")), "ok");
  EXPECT_EQ(fault(labelled("Sent by", "Recipient")), "ok");
  EXPECT_EQ(fault(labelled("To", "From")), failed);
  EXPECT_EQ(fault(labelled("Recipient", "The other")), failed);
  EXPECT_EQ(fault(labelled("The one", "Sender")), failed);
}

TEST(Judge, RefusesADescriptorThatHidesAPermitForSomebody) {
  const std::string failed = "golden_case_failed " + binding_key("typed");
  const std::string spender = R"({"path":"spender","label":"Spender"})";
  EXPECT_EQ(fault(permit_items(spender + R"(,{"path":"value.[-3:]","label":"Amount"})")), failed);
  EXPECT_EQ(fault(permit_items(spender + R"(,{"path":"value","label":"Amount",
                                             "visible":{"ifNotIn":[5]}})")),
            failed);
  EXPECT_EQ(fault(permit_items(R"({"path":"spender","label":"Owner"},
                                  {"path":"value","label":"Amount"})")),
            failed);
}

// A map of a program of Solana, under its address.
std::vector<pack::Item> program(std::string_view address, std::string_view schema) {
  const auto loaders = standard_loaders();
  const auto loader = loader_of(loaders, "solana:mainnet");
  Source source;
  source.files.push_back(bytes_of(schema));
  const auto map = (*loader)->load(source);
  EXPECT_TRUE(map) << name(map.error().code);
  return {{"abi/solana:mainnet/" + std::string(address), bytes_from((*map)->encoded())}};
}

std::vector<pack::Item> program(std::string_view address, std::string_view encoding,
                                std::string_view instruction) {
  return program(address, R"({"schema":"airlock-native-1","name":"p","encoding":")" +
                              std::string(encoding) + R"(","address":")" + std::string(address) +
                              R"(","instructions":[)" + std::string(instruction) + "]}");
}

constexpr std::string_view kAccounts =
    R"("accounts":[{"name":"from","signer":true},{"name":"to","writable":true}])";

TEST(Judge, RefusesAnotherMeaningOfSolanasOwnTransfers) {
  constexpr std::string_view kSystemProgram = "11111111111111111111111111111111";
  constexpr std::string_view kProgram = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
  const auto verdict_of = [&](std::string_view address, std::string_view encoding, int tag,
                              std::string_view called, std::string_view accounts = kAccounts) {
    return verdict(
        program(address, encoding,
                R"({"name":")" + std::string(called) + R"(","tag":)" + std::to_string(tag) +
                    R"(,"args":[{"name":"amount","type":"u64"}],)" + std::string(accounts) + "}"));
  };
  EXPECT_EQ(verdict_of(kSystemProgram, "bincode", 2, "transfer"), Code::ok);
  EXPECT_EQ(verdict_of(kSystemProgram, "bincode", 2, "Transfer"), Code::ok);
  EXPECT_EQ(verdict_of(kSystemProgram, "bincode", 2, "claimNFT"), Code::golden_case_failed);
  EXPECT_EQ(verdict_of(kSystemProgram, "bincode", 2, "transfer",
                       R"("accounts":[{"name":"to"},{"name":"from"}])"),
            Code::golden_case_failed);
  EXPECT_EQ(verdict_of(kSystemProgram, "bincode", 9, "claimNFT"), Code::ok);
  EXPECT_EQ(verdict_of(kProgram, "borsh", 3, "transfer"), Code::ok);
  EXPECT_EQ(verdict_of(kProgram, "borsh", 3, "approve"), Code::golden_case_failed);
  EXPECT_EQ(verdict_of(kProgram, "borsh", 4, "claim"), Code::golden_case_failed);
  // The same bytes are another program's own.
  EXPECT_EQ(verdict_of("Stake11111111111111111111111111111111111111", "bincode", 2, "delegate"),
            Code::ok);
}

// What this repository itself ships, all of it, where it says that it belongs.
TEST(Judge, LetsEverySchemaServeThatIsShippedHere) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator("engine/abi/solana/native")) {
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    const std::string address(
        json::Tree::parse(text.view(), text.view().size())->root().member("address")->as_text());
    EXPECT_EQ(verdict(program(address, text.view())), Code::ok) << file.path();
    ++count;
  }
  EXPECT_GE(count, 7U);
}

// A map of 0x1 on Aptos, with coin::transfer under another name or with other parameters.
Code framework(std::string_view name, std::string_view to = "to",
               type::Form second = type::Form::unsigned_integer) {
  const bool is_number = second == type::Form::unsigned_integer;
  std::array<std::uint8_t, 32> one{};
  one.back() = 1;
  type::Builder builder("move", type::Order::little, type::AddressForm::hex);
  const auto address = builder.add({type::Form::address, 0, 32, {}, 0, 0, 32});
  const auto other =
      builder.add({second, 0, static_cast<std::uint16_t>(is_number ? 64 : 8), {}, 0, 0, 8});
  const auto signer = builder.add({.form = type::Form::signer});
  const type::Field fields[] = {{builder.text("from"), signer, 0, {}},
                                {builder.text(to), address, 0, {}},
                                {builder.text("amount"), other, 0, {}}};
  type::Entry entry;
  entry.flags = type::kIsEntry;
  entry.parameters = 1;
  entry.name = builder.text(name);
  entry.key = builder.bytes(move::key_of(one, "coin", "transfer"));
  entry.signature = builder.text("0x1::coin::transfer<T>(signer, address, u64)");
  entry.input = builder.add({.form = type::Form::tuple,
                             .first = builder.add_fields(fields),
                             .count = static_cast<std::uint32_t>(std::size(fields))});
  builder.add(entry);
  const auto map = builder.finish();
  EXPECT_TRUE(map) << airlock::name(map.error().code);
  return verdict({{"abi/aptos:1/0x" + std::string(63, '0') + "1", bytes_from((*map)->encoded())}});
}

TEST(Judge, RefusesAnotherMeaningOfTheTransferOfAptos) {
  EXPECT_EQ(framework("transfer"), Code::ok);
  EXPECT_EQ(framework("claim_nft"), Code::golden_case_failed);
  EXPECT_EQ(framework("transfer", "sender"), Code::golden_case_failed);
  EXPECT_EQ(framework("transfer", "to", type::Form::fixed_bytes), Code::golden_case_failed);
}

// A symbol stands behind every amount, and a name in place of an address.
TEST(Judge, RefusesSymbolsAndNamesThatPassForSomethingElse) {
  const auto symbol = [](std::string_view text) {
    return verdict({item("token/eip155:1/" + std::string(kToken),
                         R"({"decimals":3,"symbol":")" + std::string(text) + R"("})")});
  };
  for (const std::string_view good : {"TOK", "1INCH", "USD\u20ae", "Cake LP", "xSUSHI", "0xBTC"})
    EXPECT_EQ(symbol(good), Code::ok) << good;
  for (const std::string_view bad :
       {"", " ", "1000 USDC", "1000", "1,000.5", "\u3164", "TOK\u200b", "TOK ", "A  B", "\u00a0"})
    EXPECT_EQ(symbol(bad), Code::bad_pack) << bad;
  const auto name = [](std::string_view text) {
    return verdict({item("name/eip155:1/" + std::string(kToken), text)});
  };
  for (const std::string_view good : {"Treasury", "vitalik.eth", "Router 2", "Uniswap V3: Router"})
    EXPECT_EQ(name(good), Code::ok) << good;
  for (const std::string_view bad :
       {"", " ", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "to 0x5aAeb6053F3E94C9",
        "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "a\xe3\x85\xa4", "a\nb"})
    EXPECT_EQ(name(bad), Code::bad_pack) << bad;
}

}  // namespace
}  // namespace airlock::abi
