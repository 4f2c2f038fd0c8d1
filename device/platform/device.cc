#include "device/platform/device.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/package/package.h"

namespace airlock::platform {
namespace {

constexpr std::string_view kConfigName = "config.json";
constexpr std::array<std::string_view, 2> kRecordNames = {"areas/record-0.area",
                                                          "areas/record-1.area"};

std::string envelope_name(slot::SlotId id) {
  return "areas/manifest-" + std::string(slot::name_of(id)) + ".area";
}

// An envelope that cannot be read, for whatever reason, is a slot that does not prove: a bootloader
// has no better disk to wait for.
file::Buffer or_empty(Result<file::Buffer> envelope) {
  return envelope ? std::move(*envelope) : file::Buffer();
}

Status make_slots(const file::Path& folder, Config& config) {
  for (ComponentConfig& component : config.components) {
    for (slot::SlotId id : {slot::SlotId::a, slot::SlotId::b}) {
      std::string& path = component.paths[slot::index_of(id)];
      if (!path.empty()) continue;
      path = "areas/" + component.id + "-" + std::string(slot::name_of(id)) + ".area";
      AIRLOCK_TRY(make_area(folder / path, component.slot_size));
    }
  }
  return {};
}

Located<Slots> open_component(const file::Path& folder, const ComponentConfig& component,
                              file::Access access) {
  const std::array paths = {folder / component.paths[0], folder / component.paths[1]};
  AIRLOCK_ASSIGN(FileArea first, located(paths[0], FileArea::open(paths[0], access)));
  AIRLOCK_ASSIGN(FileArea second, located(paths[1], FileArea::open(paths[1], access)));
  return Slots{std::move(first), std::move(second)};
}

// What is staged into one area must never lie in another: two names of one file would let the
// running image be written over.
class Places {
 public:
  Located<void> add(const file::Path& path, const FileArea& area) {
    AIRLOCK_ASSIGN(const Place place, located(path, area.place()));
    const bool seen = std::ranges::find(seen_, place) != seen_.end();
    if (seen) return located(path, Status(fail(Code::slots_not_apart)));
    seen_.push_back(place);
    return {};
  }
  Located<void> add(const file::Path& folder, const ComponentConfig& component,
                    const Slots& slots) {
    AIRLOCK_TRY(add(folder / component.paths[0], slots[0]));
    return add(folder / component.paths[1], slots[1]);
  }

 private:
  std::vector<Place> seen_;
};

// The slots of a new device; its record has none of its files yet.
Located<void> check_slots(const file::Path& folder, const Config& config) {
  std::vector<Slots> kept_open;
  Places places;
  for (const ComponentConfig& component : config.components) {
    AIRLOCK_ASSIGN(Slots opened, open_component(folder, component, file::Access::write));
    AIRLOCK_TRY(places.add(folder, component, opened));
    kept_open.push_back(std::move(opened));
  }
  return {};
}

Located<RecordCopy> open_copy(const file::Path& folder, std::size_t copy, file::Access access) {
  const file::Path path = folder / kRecordNames[copy];
  return located(path, RecordCopy::open(path, slot::kRecordUnit, access));
}

Status make_record(const file::Path& folder) {
  const auto open = [&](std::string_view name) {
    return RecordCopy::open(folder / name, slot::kRecordUnit, file::Access::write);
  };
  AIRLOCK_ASSIGN(RecordCopy first, open(kRecordNames[0]));
  AIRLOCK_ASSIGN(RecordCopy second, open(kRecordNames[1]));
  slot::Record record;
  record.active = slot::SlotId::b;  // empty, so that the first firmware is written into a
  return slot::format({{&first, &second}}, record);
}

}  // namespace

Device::Device(file::Path folder, Config config, std::array<RecordCopy, 2> copies)
    : folder_(std::move(folder)), config_(std::move(config)), copies_(std::move(copies)) {}

Located<Device> Device::open(const file::Path& folder, Opening opening) {
  const file::Path config_path = folder / kConfigName;
  AIRLOCK_ASSIGN(Config config, located(config_path, read_config(config_path)));
  const file::Access access = opening == Opening::drive ? file::Access::write : file::Access::read;
  AIRLOCK_ASSIGN(RecordCopy first, open_copy(folder, 0, access));
  AIRLOCK_ASSIGN(RecordCopy second, open_copy(folder, 1, access));
  Device device(folder, std::move(config),
                std::array<RecordCopy, 2>{std::move(first), std::move(second)});
  if (opening == Opening::drive) {
    const file::Path lock = folder / "lock";
    AIRLOCK_ASSIGN(device.lock_, located(lock, file::File::open(lock, file::Access::create)));
    AIRLOCK_TRY(located(lock, device.lock_->lock()));
  }
  AIRLOCK_TRY(device.open_slots(access));
  return device;
}

Located<void> Device::open_slots(file::Access access) {
  Places places;
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    if (copies_[i].file()) AIRLOCK_TRY(places.add(folder_ / kRecordNames[i], *copies_[i].file()));
  }
  for (const ComponentConfig& component : config_.components) {
    AIRLOCK_ASSIGN(Slots opened, open_component(folder_, component, access));
    for (std::size_t i = 0; i < opened.size(); ++i) {
      if (opened[i].size() >= component.slot_size) continue;
      return located(folder_ / component.paths[i],
                     Status(fail(Code::slot_too_small, slots_.size())));
    }
    AIRLOCK_TRY(places.add(folder_, component, opened));
    slots_.push_back(std::move(opened));
  }
  return {};
}

Result<slot::Record> Device::record() const { return slot::load(record_areas()); }

Result<slot::Record> Device::store_record(const slot::Record& record) {
  AIRLOCK_ASSIGN(const slot::Record stored, slot::load(record_areas()));
  slot::Record next = record;
  next.sequence = stored.sequence;
  if (next == stored) return stored;
  AIRLOCK_TRY(slot::store(record_areas(), next));
  return next;
}

std::optional<std::size_t> Device::component_named(std::string_view id) const {
  for (std::size_t i = 0; i < config_.components.size(); ++i) {
    if (config_.components[i].id == id) return i;
  }
  return std::nullopt;
}

FileArea& Device::image(std::size_t component, slot::SlotId id) {
  AIRLOCK_CHECK(component < slots_.size());
  return slots_[component][slot::index_of(id)];
}

Result<file::Buffer> Device::envelope(slot::SlotId id) const {
  return read_envelope(folder_ / envelope_name(id));
}

Status Device::store_envelope(slot::SlotId id, Bytes envelope) {
  return replace_envelope(folder_ / envelope_name(id), envelope);
}

Result<bool> Device::holds_envelope(slot::SlotId id, Bytes envelope) const {
  return file_holds(folder_ / envelope_name(id), envelope);
}

Result<file::Buffer> Device::keyring_envelope() const {
  return read_envelope(folder_ / kKeyringName);
}

Status Device::store_keyring(Bytes envelope) {
  return replace_envelope(folder_ / kKeyringName, envelope);
}

Result<slot::Boot> Device::boot() {
  const std::array<file::Buffer, slot::kSlotCount> envelopes = {
      or_empty(envelope(slot::SlotId::a)), or_empty(envelope(slot::SlotId::b))};
  const file::Buffer keyring = or_empty(keyring_envelope());
  slot::BootView view;
  view.record = record_areas();
  view.envelopes = {Bytes(envelopes[0]), Bytes(envelopes[1])};
  view.keyring = keyring;
  view.model = config_.model;
  view.certificates = package::Judged::before;  // by the agent, before it asked the owner
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    AIRLOCK_TRY(view.components.add({config_.components[i].id, {&slots_[i][0], &slots_[i][1]}}));
  }
  return slot::boot(view);
}

Result<std::uint64_t> Device::free_bytes() const {
  struct statvfs found;
  if (::statvfs(folder_.c_str(), &found) != 0) return fail(file::code_of(errno));
  return std::uint64_t{found.f_bavail} * found.f_frsize;
}

Located<void> make_device(const file::Path& folder, Birth birth) {
  std::error_code ignored;
  if (std::filesystem::exists(folder / kConfigName, ignored)) return fail(Code::exists_already);
  for (std::string_view part : {"areas", "trust", "wallet", "incoming"}) {
    AIRLOCK_TRY(file::make_folders(folder / part));
  }
  AIRLOCK_ASSIGN(const DeviceKey key, DeviceKey::generate());
  AIRLOCK_TRY(key.create_files(folder / kKeyName, folder / kPublicKeyName));
  AIRLOCK_TRY(create_seed(folder / "wallet/seed"));
  AIRLOCK_TRY(file::create(folder / kRootName, birth.root));
  if (!birth.ca.empty()) {
    AIRLOCK_TRY(file::create(folder / "trust/ca.pem", birth.ca));
    birth.config.ca = "trust/ca.pem";
  }
  if (birth.fee_limits) {
    birth.config.fee_limits = "wallet/fee-limits.yaml";
    AIRLOCK_TRY(file::create(folder / birth.config.fee_limits, *birth.fee_limits));
  }
  AIRLOCK_TRY(replace_envelope(folder / kKeyringName, birth.keyring));
  AIRLOCK_TRY(make_slots(folder, birth.config));
  AIRLOCK_TRY(check_slots(folder, birth.config));
  AIRLOCK_TRY(make_record(folder));
  // Last, since it is what makes the folder a device.
  return located(folder / kConfigName, create_config(folder / kConfigName, birth.config));
}

}  // namespace airlock::platform
