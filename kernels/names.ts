/** Names of members, as the numbers that their bytes are. */

export function isRecords(at: usize, length: usize): bool {
  return length == 7 && load<u32>(at) == 0x6f636552 && load<u32>(at, 3) == 0x7364726f;
}

export function isStreamName(at: usize, length: usize): bool {
  return length == 10 && load<u64>(at) == 0x614e6d6165727453 && load<u16>(at, 8) == 0x656d;
}

export function isStreamArn(at: usize, length: usize): bool {
  return length == 9 && load<u64>(at) == 0x52416d6165727453 && load<u8>(at, 8) == 0x4e;
}

export function isData(at: usize, length: usize): bool {
  return length == 4 && load<u32>(at) == 0x61746144;
}

export function isPartitionKey(at: usize, length: usize): bool {
  return length == 12 && load<u64>(at) == 0x6f69746974726150 && load<u32>(at, 8) == 0x79654b6e;
}

export function isExplicitHashKey(at: usize, length: usize): bool {
  return (
    length == 15 && load<u64>(at) == 0x746963696c707845 && load<u64>(at, 7) == 0x79654b6873614874
  );
}
