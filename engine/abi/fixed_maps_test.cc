#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/abi/move/loader.h"
#include "engine/abi/packs_test.h"
#include "tests/fakes/corpus.h"

namespace airlock::abi {
namespace {

// A map that gives its words to the bytes of "transfer(address,uint256)".
std::vector<pack::Item> lying_map(std::string_view name, std::string_view signature,
                                  bool swap_types) {
  type::Builder builder("evm", type::Order::big, type::AddressForm::eip55);
  const auto address = builder.add({type::Form::address, 0, 20, {}, 0, 0, 32});
  const auto number = builder.add({type::Form::unsigned_integer, 0, 256, {}, 0, 0, 32});
  const type::Field fields[] = {
      {builder.text(swap_types ? "a" : "to"), swap_types ? number : address, 0, {}},
      {builder.text(swap_types ? "b" : "value"), swap_types ? address : number, 0, {}}};
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

// Names as contracts have them, and none.
TEST(Judge, LetsParametersOfATransferBeCalledAsTheirAuthorsLike) {
  for (const std::string_view good :
       {"transfer(address to,uint256 value)", "transfer(address _to,uint256 _value)",
        "transfer(address dst,uint256 wad)", "transfer(address,uint256)",
        "transfer(address recipient,uint256 rawAmount)", "approve(address guy,uint256 wad)",
        "approve(address to,uint256 tokenId)", "approve(address spender_,uint256 amount)",
        "transferFrom(address src,address dst,uint256 wad)",
        "transferFrom(address from,address to,uint256 tokenId)",
        "permit(address owner,address spender,uint256 value,uint256 deadline,uint8 v,bytes32 r,"
        "bytes32 s)",
        "transferFrom(address owner,address buyer,uint256 numTokens)",
        "transfer(address arg0,uint256 arg1)", "transfer(address newOwner,uint256 x)",
        "claim(address from,uint256 nonce)"})
    EXPECT_EQ(verdict({{key_of(), map_of({good})}}), Code::ok) << good;
}

TEST(Judge, RefusesParametersOfATransferThatAreCalledAsOneAnother) {
  for (const std::string_view bad :
       {"transfer(address from,uint256 value)", "transfer(address fromAccount,uint256 value)",
        "transfer(address to,uint256 nonce)", "transfer(address from1,uint256 value)",
        "transfer(address to,uint256 fee)", "transfer(address to,uint256 validUntil)",
        "transferFrom(address to,address from,uint256 value)",
        "transferFrom(address toWallet,address fromWallet,uint256 value)",
        "approve(address owner,uint256 value)",
        "permit(address spender,address owner,uint256 value,uint256 deadline,uint8 v,bytes32 r,"
        "bytes32 s)",
        "permit(address owner,address spender,uint256 deadline,uint256 value,uint8 v,bytes32 r,"
        "bytes32 s)"})
    EXPECT_EQ(verdict({{key_of(), map_of({bad})}}), Code::golden_case_failed) << bad;
}

// What projects compiled.
TEST(Judge, LetsEveryAbiOfTheCorpusServe) {
  const std::filesystem::path folder = fakes::corpus_file("abi/evm/abi");
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "no corpus: name its folder in AIRLOCK_CORPUS";
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    const auto map = evm::load(text.view(), "Contract");
    ASSERT_TRUE(map) << file.path();
    EXPECT_EQ(verdict({{key_of(), bytes_from((*map)->encoded())}}), Code::ok) << file.path();
    ++count;
  }
  EXPECT_GT(count, 0U);
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

constexpr std::string_view kSystemProgram = "11111111111111111111111111111111";
constexpr std::string_view kToken2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
constexpr std::string_view kAccounts =
    R"("accounts":[{"name":"from","signer":true},{"name":"to","writable":true}])";

TEST(Judge, RefusesAnotherMeaningOfSolanasOwnTransfers) {
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

// A call of Solana's System program, or of another one's, as one map has it.
Code instruction(std::string_view address, std::string_view encoding, std::string_view members) {
  return verdict(program(address, encoding, "{" + std::string(members) + "}"));
}

// Part of an amount in the key gives the call another name for the amounts that begin so.
TEST(Judge, RefusesKeysThatCutATransferOfSolanaOtherwise) {
  const auto transfer = [](std::string_view key, std::string_view rest) {
    return instruction(kSystemProgram, "bincode",
                       R"("name":"transfer","discriminator":)" + std::string(key) +
                           R"(,"args":[{"name":"amount","type":)" + std::string(rest) + "}]");
  };
  EXPECT_EQ(transfer("[2,0,0,0]", R"("u64")"), Code::ok);
  EXPECT_EQ(transfer("[2,0,0,0,64,66]", R"({"array":["u8",6]})"), Code::golden_case_failed);
  EXPECT_EQ(transfer("[2,0,0]", R"({"array":["u8",9]})"), Code::golden_case_failed);
  EXPECT_EQ(transfer("[11,0,0,0,1]", R"({"array":["u8",9]})"), Code::golden_case_failed);
  EXPECT_EQ(transfer("[2,0,1,0,64,66]", R"({"array":["u8",6]})"), Code::ok);
}

TEST(Judge, RefusesAnotherMeaningOfTransfersWithASeedOrAFee) {
  const auto seeded = [](std::string_view called) {
    return instruction(kSystemProgram, "bincode",
                       R"("tag":11,"args":[{"name":"lamports","type":"u64"},
                          {"name":"from_seed","type":"string"},
                          {"name":"from_owner","type":"pubkey"}],"name":")" +
                           std::string(called) + '"');
  };
  EXPECT_EQ(seeded("transfer_with_seed"), Code::ok);
  EXPECT_EQ(seeded("claim_reward"), Code::golden_case_failed);
  const auto charged = [](std::string_view called) {
    return instruction(kToken2022, "borsh",
                       R"("tag":[26,1],"args":[{"name":"amount","type":"u64"},
                          {"name":"decimals","type":"u8"},{"name":"fee","type":"u64"}],"name":")" +
                           std::string(called) + '"');
  };
  EXPECT_EQ(charged("transfer_checked_with_fee"), Code::ok);
  EXPECT_EQ(charged("claim_refund"), Code::golden_case_failed);
}

TEST(Judge, RefusesAccountsAndArgumentsOfATransferThatAreCalledAsSomethingElse) {
  const auto system = [](std::string_view payer, std::string_view paid, std::string_view amount) {
    return instruction(kSystemProgram, "bincode",
                       R"("name":"transfer","tag":2,"args":[{"name":")" + std::string(amount) +
                           R"(","type":"u64"}],"accounts":[{"name":")" + std::string(payer) +
                           R"("},{"name":")" + std::string(paid) + R"("}])");
  };
  EXPECT_EQ(system("from", "to", "lamports"), Code::ok);
  EXPECT_EQ(system("fromWallet", "toWallet", "amount"), Code::ok);
  EXPECT_EQ(system("toWallet", "fromWallet", "lamports"), Code::golden_case_failed);
  EXPECT_EQ(system("from", "refund", "lamports"), Code::golden_case_failed);
  EXPECT_EQ(system("from", "to", "nonce"), Code::golden_case_failed);
  EXPECT_EQ(system("to: 0xYOU", "from", "lamports"), Code::golden_case_failed);
}

TEST(Judge, RefusesAMapForAnyProgramThatGivesTransfersAnotherMeaning) {
  const auto any = [](std::string_view called) {
    auto items = program(kSystemProgram, "bincode",
                         R"({"tag":2,"args":[{"name":"lamports","type":"u64"}],"name":")" +
                             std::string(called) + R"("})");
    items[0].key = "abi/solana:mainnet/any";
    return verdict(items);
  };
  EXPECT_EQ(any("transfer"), Code::ok);
  EXPECT_EQ(any("claim"), Code::golden_case_failed);
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

// As others publish the Token program.
TEST(Judge, LetsTheIdlOfTheTokenProgramServe) {
  const std::filesystem::path file = fakes::corpus_file("abi/solana/idl/splToken.new.json");
  if (!std::filesystem::exists(file))
    GTEST_SKIP() << "no corpus: name its folder in AIRLOCK_CORPUS";
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_EQ(verdict(program("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", text.view())), Code::ok);
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
  EXPECT_EQ(framework("transfer", "fromAccount"), Code::golden_case_failed);
  EXPECT_EQ(framework("transfer", "toAccount"), Code::ok);
  EXPECT_EQ(framework("transfer", "to", type::Form::fixed_bytes), Code::golden_case_failed);
}

}  // namespace
}  // namespace airlock::abi
