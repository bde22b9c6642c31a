import Foundation

func pause(milliseconds: Int) {
    usleep(UInt32(milliseconds * 1000))
}
