# Cortex-M4 without an operating system: proves that core/ is freestanding.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m4 -mthumb -Os -ffunction-sections -fdata-sections -fcallgraph-info=su -fconserve-stack")
set(CMAKE_CXX_FLAGS_INIT "-mcpu=cortex-m4 -mthumb -Os -ffreestanding -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffunction-sections -fdata-sections -fcallgraph-info=su -fconserve-stack -fno-inline-functions-called-once -fno-partial-inlining -fmerge-all-constants -fno-schedule-insns2 -fno-guess-branch-probability -fno-caller-saves -fno-tree-tail-merge")
